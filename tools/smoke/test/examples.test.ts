import { copyFile, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runNode } from '../src/packed-packages.ts'

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

test.each(examples)('examples/%s runs', async (name) => {
  const file = join(scratch, name)
  await copyFile(join(root, 'examples', name), file)
  await expect(runNode(scratch, [...FROM_SOURCE, file])).resolves.not.toBe('')
})
