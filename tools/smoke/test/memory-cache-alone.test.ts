import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { installPacked, linkOfWorkspace, runNode, type PackedPackage } from '../src/packed-packages.ts'

const root = join(import.meta.dirname, '../../..')
/** What somebody may be asked to install for a cache in memory, as it lies on a disk: in whole blocks. */
const INSTALLED_BYTES_MAX = 1024 * 1024
const BLOCK_BYTES = 4096
const IN_MEMORY = `
import { MemoryCache } from '@forgeone/cache'
const cache = new MemoryCache({ maxEntries: 10 })
console.log(await cache.getOrLoad('a', async () => 'ok'))
cache[Symbol.dispose]()`
const ON_DISK = `
import { existsSync } from 'node:fs'
import { MetadataCache } from '@forgeone/cache/persistent'
try {
  const cache = await MetadataCache.open({ config: { dbPath: './cache' } })
  console.log(cache.mode)
  await cache.close()
} catch ({ code, message, details }) {
  console.log(code, details.package, message.includes('install level and zod'), existsSync('./cache'))
}`

let project: string
let installed: readonly PackedPackage[]

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'forge-cache-alone-'))
  await writeFile(join(project, 'package.json'), '{ "name": "user", "private": true, "type": "module" }')
  await writeFile(join(project, 'in-memory.mjs'), IN_MEMORY)
  await writeFile(join(project, 'on-disk.mjs'), ON_DISK)
  const common = await installPacked({ root, folder: 'packages/common', project })
  installed = [common, await installPacked({ root, folder: 'packages/cache', project })]
})

afterAll(async () => {
  await rm(project, { recursive: true })
})

test('the cache in memory brings no package of others, no native module, and at most a megabyte', async () => {
  const names = installed.map(({ manifest }) => manifest.name)
  for (const { manifest } of installed)
    for (const name of Object.keys(manifest.dependencies ?? {})) expect(names).toContain(name)
  const entries = await readdir(join(project, 'node_modules'), { withFileTypes: true, recursive: true })
  expect(entries.filter(({ name }) => /\.node$|^binding\.gyp$/.test(name))).toEqual([])
  const blocks = entries.map(async ({ parentPath, name }) => {
    const { size } = await stat(join(parentPath, name))
    return Math.ceil(size / BLOCK_BYTES)
  })
  const sum = (await Promise.all(blocks)).reduce((all, one) => all + one, 0)
  expect(sum * BLOCK_BYTES).toBeLessThanOrEqual(INSTALLED_BYTES_MAX)
  expect(await runNode(project, ['in-memory.mjs'])).toBe('ok\n')
})

test('a cache on disk names the package that it lacks, leaves nothing behind, and opens once all are installed', async () => {
  const folder = 'packages/cache'
  expect(await runNode(project, ['on-disk.mjs'])).toBe('CACHE_PEER_MISSING zod true false\n')
  await linkOfWorkspace({ root, folder, project, name: 'zod' })
  expect(await runNode(project, ['on-disk.mjs'])).toBe('CACHE_PEER_MISSING level true false\n')
  await linkOfWorkspace({ root, folder, project, name: 'level' })
  expect(await runNode(project, ['on-disk.mjs'])).toBe('persistent\n')
})
