import { execFileSync } from 'node:child_process'
import { mkdtempSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readSmallFile, readSmallFileSync } from '../src/files/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'forge-small-file-'))
afterAll(() => rmSync(folder, { recursive: true }))

const READERS = {
  readSmallFile,
  readSmallFileSync: (path: string, o: { bytesMax: number }) => Promise.try(() => readSmallFileSync(path, o)),
}

for (const [name, read] of Object.entries(READERS)) {
  const file = (kind: string): string => join(folder, `${name}-${kind}`)

  test(`${name} reads a file up to its bound, and an absent one is undefined`, async () => {
    writeFileSync(file('whole'), 'twelve bytes')
    expect(Buffer.from((await read(file('whole'), { bytesMax: 12 }))!).toString()).toBe('twelve bytes')
    expect(await read(file('absent'), { bytesMax: 12 })).toBeUndefined()
    expect(await read(join(file('absent'), 'below'), { bytesMax: 12 })).toBeUndefined()
  })

  test(`${name} refuses a sparse file of 3 GiB, a directory and a FIFO, at once and by name`, async () => {
    writeFileSync(file('sparse'), '')
    truncateSync(file('sparse'), 3 * 1024 ** 3)
    mkdirSync(file('directory'))
    execFileSync('mkfifo', [file('fifo')])
    for (const kind of ['sparse', 'directory', 'fifo'])
      await expect(read(file(kind), { bytesMax: 12 })).rejects.toMatchObject({
        code: 'IO_FAILED',
        message: expect.stringContaining(`${name}-${kind}`),
      })
  })
}
