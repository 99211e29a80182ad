import { rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { syntheticLog, SYNTHETIC_SEED } from '../src/commands/demo/synthetic-log.ts'
import { runForge, temporaryFolder } from './run-forge.ts'

const LINE = '2026-01-01T00:00:00Z ERROR timeout of request\n'

it('the demonstration imports the files given, survives its kill, verifies, and says what to try next', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'a.log'), LINE.repeat(3000))
  await writeFile(join(folder.path, 'b.log'), LINE.repeat(2000))
  const { code, stdout } = await runForge(['demo', 'a.log', 'b.log'], {
    cwd: folder.path,
    env: { TMPDIR: folder.path },
  })
  expect(code).toBe(0)
  expect(stdout).toMatch(/5,000 lines in/)
  expect(stdout).toMatch(/i\(error\) +5,000 of 5,000 entries/)
  expect(stdout).toContain('nothing acknowledged was lost')
  expect(stdout).toMatch(/ok: [\d,]+ sealed values/)
  expect(stdout).toMatch(/forge stats --data \S+ --secret-file \S+/)
})

// Of the long tier: the whole demonstration once more.
it.runIf(inject('isLongTier'))(
  'with --json and without git it ends with one document of its figures',
  async () => {
    await using folder = await temporaryFolder()
    const env = { TMPDIR: folder.path, HOME: folder.path, PATH: '' }
    const { code, stdout, stderr } = await runForge(['demo', '--json'], { cwd: folder.path, env })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const figures = JSON.parse(stdout) as { path: string }
    expect(figures).toMatchObject({
      ok: true,
      lines: expect.any(Number),
      searches: [{}, {}, {}],
      kill: { acknowledged: expect.any(Number) },
      compacted: { bytesOnDisk: expect.any(Number) },
    })
    await rm(dirname(figures.path), { recursive: true })
  },
)

it('the synthetic logs are the same for the same seed', () => {
  expect(syntheticLog(SYNTHETIC_SEED)).toEqual(syntheticLog(SYNTHETIC_SEED))
})
