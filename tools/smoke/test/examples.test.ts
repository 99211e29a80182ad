import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { firstExample, LIBRARY_FOLDERS, runNode } from '../src/packed-packages.ts'

const root = join(import.meta.dirname, '../../..')
/** Inside the package that depends on all others, so that every import resolves; of this process alone. */
const scratch = join(import.meta.dirname, `../.scratch-${process.pid}`)
const FROM_SOURCE = ['--conditions=@forgeone/source', '--no-warnings']

const examples = (await readdir(join(root, 'examples'))).filter((name) => name.endsWith('.ts'))

beforeAll(async () => {
  await mkdir(scratch)
})

afterAll(async () => {
  await rm(scratch, { recursive: true })
})

test.each(LIBRARY_FOLDERS)('the example in the README of %s runs', async (folder) => {
  const example = await firstExample(join(root, folder, 'README.md'))
  expect(example, 'a README shows how to use the package').toBeDefined()
  const file = join(scratch, `${folder.replace('/', '-')}.ts`)
  await writeFile(file, example!)
  await expect(runNode(scratch, [...FROM_SOURCE, file])).resolves.not.toBe('')
})

test.each(examples)('examples/%s runs', async (name) => {
  const file = join(scratch, name)
  await copyFile(join(root, 'examples', name), file)
  await expect(runNode(scratch, [...FROM_SOURCE, file])).resolves.not.toBe('')
})
