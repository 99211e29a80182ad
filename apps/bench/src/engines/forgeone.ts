import { Forge } from '@forgeone/storage-manager'
import { rowChecksum } from './checksum.ts'
import type { BenchEngine, BenchEntry, ReadFigures } from './engine.ts'

/** A raw key: no engine here derives one from a passphrase. */
const KEY = new Uint8Array(32).fill(7)

/** ForgeOne with its defaults: encrypted, fsync before acknowledging, chained frames. */
export class ForgeOneEngine implements BenchEngine {
  readonly name = 'forgeone'
  #forge: Forge | undefined

  async open(path: string): Promise<void> {
    this.#forge = await Forge.open({ path, secret: { key: KEY } })
  }

  get forge(): Forge {
    if (this.#forge === undefined) throw new Error('the store is not open')
    return this.#forge
  }

  async appendBatch(entries: readonly BenchEntry[]): Promise<void> {
    await this.forge.logs.append(entries)
  }

  async appendOne(entry: BenchEntry): Promise<void> {
    await this.forge.logs.append(entry)
  }

  async range({ topic, from, to }: { topic: string; from: number; to: number }): Promise<ReadFigures> {
    return await count(this.forge.logs.read({ topic, from, to }).batches())
  }

  async search(text: string): Promise<ReadFigures> {
    return await count(this.forge.logs.search(`*${JSON.stringify(text)}*`).batches())
  }

  async get(id: string): Promise<ReadFigures> {
    const entry = await this.forge.logs.get(id)
    return entry === undefined ? { rows: 0, checksum: 0 } : { rows: 1, checksum: rowChecksum(entry) }
  }

  async sampleIds(wanted: number): Promise<readonly string[]> {
    const { entries } = this.forge.stats()
    const every = Math.max(1, Math.floor(entries / wanted))
    const ids: string[] = []
    let index = 0
    for await (const batch of this.forge.logs.read().batches()) {
      for (const entry of batch) if (index++ % every === 0) ids.push(entry.id)
    }
    return ids
  }

  async close(): Promise<void> {
    await this.forge.close()
  }
}

async function count(
  batches: AsyncIterable<readonly Parameters<typeof rowChecksum>[0][]>,
): Promise<ReadFigures> {
  let rows = 0
  let checksum = 0
  for await (const batch of batches) {
    rows += batch.length
    for (const entry of batch) checksum += rowChecksum(entry)
  }
  return { rows, checksum }
}
