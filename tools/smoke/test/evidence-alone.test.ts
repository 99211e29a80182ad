import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { installPacked, runNode } from '../src/packed-packages.ts'

const root = join(import.meta.dirname, '../../..')
/** Lowest layer first: what `@forgeone/evidence` depends on, and it. */
const FOLDERS = ['common', 'merkle', 'crypto', 'audit', 'evidence'].map((name) => `packages/${name}`)
const VERIFY = `
import { verifyBundle, verifyCertificate } from '@forgeone/evidence'
console.log(verifyCertificate({ envelope: '{}', vkey: '' }).problem)
console.log(await verifyBundle({ directory: './none' }).catch(({ code }) => code))`

test('who verifies evidence installs neither LevelDB nor any other native module', async () => {
  const project = await mkdtemp(join(tmpdir(), 'forge-evidence-alone-'))
  onTestFinished(async () => await rm(project, { recursive: true }))
  await writeFile(join(project, 'package.json'), '{ "name": "user", "private": true, "type": "module" }')
  await writeFile(join(project, 'verify.mjs'), VERIFY)
  const names: string[] = []
  for (const folder of FOLDERS) {
    const { manifest } = await installPacked({ root, folder, project })
    names.push(manifest.name)
    const ours = Object.keys(manifest.dependencies ?? {}).filter((name) => name.startsWith('@forgeone/'))
    for (const name of ours) expect(names).toContain(name)
  }
  // Packages of others are links to their folders.
  for (const scope of await readdir(join(project, 'node_modules'))) expect(scope).not.toMatch(/level/)
  const files = await readdir(join(project, 'node_modules'), { recursive: true })
  expect(files.filter((name) => /\.node$|binding\.gyp$/.test(name))).toEqual([])
  expect(await runNode(project, ['verify.mjs'])).toBe('there is no readable verifier key\nINPUT_NOT_FOUND\n')
})
