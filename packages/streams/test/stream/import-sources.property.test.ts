import { gzipSync, zstdCompressSync } from 'node:zlib'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decompress, type LogStream } from '../../src/index.ts'
import { chunksOf, StoreHost } from './store-host.ts'

/** What stands at the beginning of every file, so that a name or a first line tells none from another. */
const BANNER = 'server starting\n'
/** Characters of which a file is written: no two files share one, so that the export shows what became of each. */
const letter = (file: number): string => String.fromCodePoint(0x4e00 + file)

interface WrittenFile {
  readonly letter: string
  text: string
  isCompressed: false | 'gzip' | 'zstd'
}

type Step =
  | { readonly act: 'grow'; readonly lines: readonly number[]; readonly isWhole: boolean }
  | { readonly act: 'rotate' | 'recreate' | 'gzip' | 'zstd' | 'import' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('grow' as const),
      lines: fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 4 }),
      isWhole: fc.boolean(),
    }),
  },
  { weight: 5, arbitrary: fc.constant({ act: 'import' as const }) },
  ...(['rotate', 'recreate', 'gzip', 'zstd'] as const).map((act) => ({
    weight: 1,
    arbitrary: fc.constant({ act }),
  })),
)

/** A log that is written, rotated, recreated and compressed, and imported now and then; the oldest piece is the first. */
class Log {
  readonly pieces: WrittenFile[] = []
  /** Of files that were recreated before anybody imported their last bytes: those are gone. */
  readonly everWritten: WrittenFile[] = []

  #runs = 0

  constructor() {
    this.begin()
  }

  begin(): void {
    const file: WrittenFile = { letter: letter(this.everWritten.length), text: BANNER, isCompressed: false }
    this.pieces.push(file)
    this.everWritten.push(file)
  }

  get current(): WrittenFile {
    return this.pieces.at(-1)!
  }

  async importInto(logs: LogStream, random: number): Promise<void> {
    const run = `run ${this.#runs++}`
    for (const { text, isCompressed } of this.pieces) {
      const bytes = Buffer.from(text)
      const stored =
        isCompressed === 'gzip' ? gzipSync(bytes) : isCompressed === 'zstd' ? zstdCompressSync(bytes) : bytes
      await logs.importFrom(() => decompress(chunksOf(stored, 1 + (random % 700))), {
        topic: 'app',
        source: 'files',
        run,
        batchLines: 1 + (random % 5),
      })
    }
  }
}

async function exported(logs: LogStream): Promise<string> {
  return Buffer.concat(await Array.fromAsync(logs.exportRaw({ topic: 'app' }))).toString()
}

test('whatever becomes of its files, every byte of a log is stored once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 3, maxLength: 30 }),
      fc.nat(10_000),
      async (steps, random) => {
        await using host = new StoreHost()
        const { logs } = await host.open()
        const log = new Log()
        for (const taken of steps) {
          const { current } = log
          if (taken.act === 'grow') {
            for (const length of taken.lines) current.text += `${current.letter.repeat(length)}\n`
            if (!taken.isWhole) current.text += current.letter
          } else if (taken.act === 'import') await log.importInto(logs, random)
          else if (taken.act === 'rotate') log.begin()
          else if (taken.act === 'recreate') {
            // Nobody can tell whether a file of one line grew, or was begun anew with that line.
            if (current.text === BANNER) continue
            // What nobody has imported is lost with the file, so it is imported at the last moment.
            await log.importInto(logs, random)
            log.pieces.pop()
            log.begin()
          } else if (log.pieces.length > 1) log.pieces.at(-2)!.isCompressed = taken.act
        }
        await log.importInto(logs, random)
        const text = await exported(logs)
        for (const file of log.everWritten) {
          const mine = [...text].filter((each) => each === file.letter).length
          expect(mine).toBe([...file.text].filter((each) => each === file.letter).length)
        }
        const all = log.everWritten.map((file) => file.text).join('')
        expect([...text].toSorted().join('')).toBe([...all].toSorted().join(''))
        // A second look at what was seen finds nothing.
        await log.importInto(logs, random + 1)
        expect((await exported(logs)).length).toBe(text.length)
      },
    ),
    { numRuns: 60 },
  )
})

test('a line that had no end is completed by its rest, with the time of the whole line', async () => {
  await using host = new StoreHost()
  const { logs } = await host.open()
  const whole =
    '2024-05-01T00:00:00Z INFO first\n2024-05-01T00:00:05Z ERROR second é\r\n2024-05-01T00:00:09Z INFO third\n'
  for (let length = 0; length <= Buffer.byteLength(whole); length++) {
    const bytes = Buffer.from(whole).subarray(0, length)
    await logs.importFrom(() => chunksOf(bytes, 7), { topic: 'grows', source: 'files' })
    const stored = Buffer.concat(await Array.fromAsync(logs.exportRaw({ topic: 'grows' })))
    expect(stored.equals(bytes)).toBe(true)
  }
  const last = (await logs.read({ topic: 'grows', direction: 'backward', limit: 1 }).toArray())[0]!
  expect(new Date(last.timestamp).toISOString()).toBe('2024-05-01T00:00:09.000Z')
})

test('a source that cannot be begun anew and is another one is refused, and nothing of it is stored', async () => {
  await using host = new StoreHost()
  const { logs } = await host.open()
  const options = { topic: 'once', source: 'stream' }
  await logs.importFrom(chunksOf(Buffer.from('banner\none\ntwo\n')), options)
  for (const other of ['banner\nother\nlonger than before\n', 'banner\n', ''])
    await expect(logs.importFrom(chunksOf(Buffer.from(other)), options)).rejects.toMatchObject({
      code: 'STREAM_SOURCE_CHANGED',
    })
  const more = await logs.importFrom(chunksOf(Buffer.from('banner\none\ntwo\nthree\n')), options)
  expect([more.lines, more.resumedAt]).toEqual([1, 15])
  expect((await logs.read({ topic: 'once' }).toArray()).length).toBe(4)
})

test('two imports of one file at once store it once', async () => {
  await using host = new StoreHost()
  const { logs } = await host.open()
  const bytes = Buffer.from(Array.from({ length: 3_000 }, (_, n) => `line ${n}\n`).join(''))
  const results = await Promise.all(
    [1, 2, 3].map(() => logs.importFrom(() => chunksOf(bytes), { topic: 'twice', source: 'files' })),
  )
  expect(results.map(({ lines }) => lines).toSorted()).toEqual([0, 0, 3_000])
})

test('what a damaged archive still holds is stored, and a whole copy goes on behind it', async () => {
  await using host = new StoreHost()
  const { logs } = await host.open()
  const lines = Array.from({ length: 3_000 }, (_, n) => `line ${n} ${(n * 7919) % 1_000_003}\n`).join('')
  for (const compress of [gzipSync, zstdCompressSync]) {
    const options = { topic: compress.name, source: 'files' }
    const whole = compress(Buffer.from(lines))
    const cut = whole.subarray(0, Math.floor(whole.length * 0.7))
    await expect(logs.importFrom(() => decompress(chunksOf(cut)), options)).rejects.toMatchObject({
      code: 'INPUT_UNREADABLE',
    })
    const kept = (await logs.read({ topic: options.topic }).toArray()).length
    if (compress === gzipSync) expect(kept).toBeGreaterThan(1_500)
    await logs.importFrom(() => decompress(chunksOf(whole)), options)
    const stored = Buffer.concat(await Array.fromAsync(logs.exportRaw({ topic: options.topic })))
    expect(stored.toString() === lines).toBe(true)
  }
})
