import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SeededRandom } from '@forgeone/common'
import type { BenchEntry } from '../engines/engine.ts'

export const BATCH_ENTRIES = 1000
/** All entries of a run lie within one day, evenly, so that an hour of a topic is a known share. */
const DAY_MS = 86_400_000
export const START_MS: number = Date.UTC(2026, 0, 1)

interface Source {
  readonly topic: string
  readonly lines: readonly string[]
}

/** Entries made from real lines: each batch is a thousand consecutive lines of one system, the systems in turn. */
export class Dataset {
  readonly origin: string
  readonly #sources: readonly Source[]

  private constructor(origin: string, sources: readonly Source[]) {
    this.origin = origin
    this.#sources = sources
  }

  /** @param file a log of the user's own; else the sample logs beside the checkout; else synthetic lines */
  static load(file: string | undefined): Dataset {
    if (file !== undefined) return new Dataset(file, [readSource(file)])
    const samples = resolve(fileURLToPath(import.meta.url), '../../../../../../shared/data/logs')
    if (existsSync(samples)) {
      const names = readdirSync(samples)
        .filter((name) => name.endsWith('.log'))
        .sort()
      return new Dataset(
        'sample logs of ten real systems',
        names.map((name) => readSource(join(samples, name))),
      )
    }
    return new Dataset('synthetic lines (no sample logs beside the checkout)', syntheticSources())
  }

  get topics(): readonly string[] {
    return this.#sources.map((source) => source.topic)
  }

  *batches(entries: number): Generator<readonly BenchEntry[]> {
    for (let start = 0, batch = 0; start < entries; start += BATCH_ENTRIES, batch++) {
      const source = this.#sources[batch % this.#sources.length]!
      const first = Math.floor(batch / this.#sources.length) * BATCH_ENTRIES
      const count = Math.min(BATCH_ENTRIES, entries - start)
      yield Array.from({ length: count }, (_, index) =>
        entryOf(source, first + index, START_MS + ((start + index) / entries) * DAY_MS),
      )
    }
  }

  one(index: number): BenchEntry {
    return entryOf(this.#sources[index % this.#sources.length]!, index, START_MS + index)
  }
}

function entryOf(source: Source, line: number, at: number): BenchEntry {
  const message = source.lines[line % source.lines.length]!
  return {
    topic: source.topic,
    timestamp: Math.floor(at),
    severity: line % 97 === 0 ? 'error' : line % 13 === 0 ? 'warn' : 'info',
    message,
  }
}

function readSource(path: string): Source {
  const lines = readFileSync(path, 'utf8').split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  if (lines.length === 0) throw new Error(`${path} is empty`)
  return {
    topic: basename(path)
      .replace(/\.log$/, '')
      .replaceAll(/[^\w-]+/g, '_'),
    lines,
  }
}

function syntheticSources(): readonly Source[] {
  const random = new SeededRandom(1)
  return ['web', 'db', 'queue', 'auth'].map((topic) => ({
    topic,
    lines: Array.from(
      { length: 5000 },
      () =>
        `${topic}[${random.below(9999)}]: request ${random.below(2 ** 31).toString(16)} from 10.0.${random.below(256)}.${random.below(256)} took ${random.below(900)} ms`,
    ),
  }))
}
