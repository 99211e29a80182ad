import { SeededRandom, utf8Encode, type ObservedCommit, type ObserverRow } from '@forgeone/common'
import { CompactRange, leafHash } from '@forgeone/merkle'
import { expect, inject, test } from 'vitest'
import { parseCheckpoint } from '../src/checkpoint/checkpoint.ts'
import { encodeLeaf } from '../src/index.ts'
import { commit, MemoryStore, openLog, QUERY_INDEX_KEY, signer, type Opened } from './fixtures.ts'

/** A store as far as the log sees it: a journal that is durable, rows that a crash may take back, and settled sizes. */
class SimulatedStore {
  readonly generation: Uint8Array
  readonly #random: SeededRandom
  journal: ObservedCommit[] = []
  settledSizes: number[] = [0]
  /** Durable rows: those of settled states and of notes. */
  durable = new MemoryStore()
  /** Batches since the last settled state, of which a crash keeps the first few. */
  loose: (readonly ObserverRow[])[] = []
  opened!: Opened

  constructor(o: { generation: Uint8Array; random: SeededRandom }) {
    this.generation = o.generation
    this.#random = o.random
  }

  async open(): Promise<void> {
    const size = this.settledSizes[this.#random.below(this.settledSizes.length)]!
    const store = new (class extends MemoryStore {
      override async write(rows: readonly ObserverRow[]): Promise<void> {
        durable.apply(rows)
        await super.write(rows)
      }
    })(this.durable.rows)
    const { durable } = this
    for (const rows of this.loose) store.apply(rows)
    const key = signer(this.generation[0]!)
    this.opened = await openLog({
      store,
      size,
      generation: this.generation,
      signer: key,
      queryIndexKey: QUERY_INDEX_KEY,
    })
    store.apply(this.opened.log.observe(this.journal.slice(size)))
  }

  append(count: number): void {
    const { log, store } = this.opened
    const first = this.journal.length
    for (let sequence = first; sequence < first + count; sequence++)
      this.journal.push(commit(sequence, { time: this.#random.below(1_000_000) }))
    const rows = log.observe(this.journal.slice(first))
    this.loose.push(rows)
    store.apply(rows)
  }

  settle(): void {
    const { size, rows } = this.opened.log.settle()
    for (const each of [...this.loose, rows]) this.durable.apply(each)
    this.opened.store.apply(rows)
    this.loose = []
    this.settledSizes = [...this.settledSizes.filter((each) => each < size), size].slice(-2)
  }

  async crash(): Promise<void> {
    this.loose = this.loose.slice(0, this.#random.below(this.loose.length + 1))
    await this.open()
  }

  /** A copy of everything durable, which must go on under a new origin. */
  async copy(generation: Uint8Array): Promise<SimulatedStore> {
    const copy = new SimulatedStore({ generation, random: this.#random })
    copy.journal = [...this.journal]
    copy.durable = this.durable.copy()
    copy.settledSizes = [...this.settledSizes]
    await copy.open()
    return copy
  }

  rootAt(size: number): Uint8Array {
    const range = new CompactRange()
    for (const each of this.journal.slice(0, size))
      range.append({ buffer: Buffer.from(leafHash(utf8Encode(encodeLeaf(each)))), at: 0 })
    return range.root()
  }
}

test('after a crash behind any write the root and every note are what they were', async () => {
  const random = new SeededRandom(1)
  const store = new SimulatedStore({ generation: new Uint8Array(8).fill(1), random })
  await store.open()
  const notes: string[] = []
  for (let step = 0; step < 40; step++) {
    store.append([1, 100, 155, 7][step % 4]!)
    if (step % 3 === 0) notes.push(await store.opened.log.checkpoint())
    if (step % 7 === 6) store.settle()
    // Every number of batches that the disk may have kept.
    for (let kept = 0; kept <= store.loose.length; kept++) {
      const crashed = await store.copy(store.generation)
      crashed.loose = store.loose.slice(0, kept)
      await crashed.open()
      const { log } = crashed.opened
      expect(log.divergence).toBeUndefined()
      expect(log.size).toBe(store.journal.length)
      expect(await log.rootAt(log.size)).toEqual(await store.opened.log.rootAt(log.size))
      expect(await Array.fromAsync(log.checkpoints())).toEqual(notes)
      expect(await log.indexFault()).toBeUndefined()
    }
  }
})

const RUNS = inject('isLongTier') ? 1000 : 200

test('no two notes of one origin are inconsistent, over runs of crashes, restores and clones', async () => {
  const random = new SeededRandom(Number(process.env['FORGE_SEED'] ?? 20_261_121))
  for (let run = 0; run < RUNS; run++) {
    let generations = 1
    const nextGeneration = (): Uint8Array => new Uint8Array(8).fill(generations++)
    let store = new SimulatedStore({ generation: nextGeneration(), random })
    await store.open()
    const signed: { note: string; store: SimulatedStore }[] = []
    for (let step = 0; step < 12; step++) {
      const choice = random.below(10)
      if (choice < 4) store.append(1 + random.below(step % 5 === 0 ? 300 : 20))
      else if (choice < 6 && store.journal.length > 0)
        signed.push({ note: await store.opened.log.checkpoint(), store })
      else if (choice === 6) store.settle()
      else if (choice === 7) await store.crash()
      else if (choice === 8) store = await store.copy(nextGeneration())
      else if (signed.length > 0) {
        // An older copy is put back: it shares a beginning with what was signed, and goes on differently.
        const { store: older } = signed[random.below(signed.length)]!
        store = await older.copy(nextGeneration())
      }
    }
    for (const { note, store: signer } of signed) {
      const head = parseCheckpoint(note)
      if (!head.ok) throw new Error(head.detail)
      expect(head.value.origin).toBe(signer.opened.log.origin)
      expect(Buffer.from(head.value.root).equals(signer.rootAt(head.value.size))).toBe(true)
    }
  }
})
