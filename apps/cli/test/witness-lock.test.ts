import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runForge, startForge, temporaryFolder } from './run-forge.ts'

/** A key of nobody: a policy needs a log. */
const POLICY = 'log log.example+891bac2d+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs\nquorum none\n'

it('a second witness over one directory is refused, and one after a kill is not', async () => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  await writeFile(join(cwd, 'policy'), POLICY)
  const words = [
    'audit',
    'witness',
    '--policy',
    'policy',
    '--state',
    'state',
    '--name',
    'w1',
    '--listen',
    '127.0.0.1:0',
  ]
  const first = startForge(words, { cwd })
  let failure = ''
  first.stderr!.on('data', (chunk: Buffer) => (failure += chunk.toString()))
  await Promise.race([once(first.stdout!, 'data'), once(first, 'close')])
  expect(failure).toBe('')
  const second = await runForge(words, { cwd })
  expect(second.stderr).toContain('[STORE_LOCKED]')
  expect(second.stderr).toContain('another witness')
  first.kill('SIGKILL')
  await once(first, 'close')
  const third = startForge(words, { cwd })
  await once(third.stdout!, 'data')
  third.kill('SIGTERM')
  const [code] = await once(third, 'close')
  expect(code).toBe(0)
})
