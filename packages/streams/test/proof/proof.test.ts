import { describe, expect, test } from 'vitest'
import {
  verifyEntryProof,
  type EntryProof,
  type EventMessage,
  type EventStream,
  type LogEntry,
  type LogStream,
} from '../../src/index.ts'
import { BLOCK_ROWS_BYTES } from '../../src/append/append-limits.ts'
import { START_MS, StoreHost } from '../stream/store-host.ts'

const failing = (code: string): unknown => expect.objectContaining({ code })

async function entriesOf(
  stream: LogStream | EventStream,
  { ids }: EntryProof,
): Promise<(LogEntry | EventMessage)[]> {
  const found = await Promise.all(ids.map((id) => stream.get(id)))
  return found.filter((entry) => entry !== undefined)
}

describe('a proof leads to the root of the receipt', () => {
  test.each(['hot', 'fast', 'default', 'max', 'fast, then max'])('of entries in %s blocks', async (level) => {
    await using host = new StoreHost({ shardCount: 4 })
    let { events } = await host.open()
    const receipts = await Promise.all([
      events.append({ topic: 'lone', payload: 1 }),
      events.append(
        Array.from({ length: 40 }, (_, n) => ({
          topic: `t.${n % 7}`,
          payload: n % 3 === 0 ? new Uint8Array([n]) : { n, text: 'ü' },
          timestamp: START_MS - n * 1000,
          ...(n % 5 === 0 ? { id: `own ${n}`, metadata: { n }, checkpointMarker: `m${n}` } : {}),
        })),
      ),
    ])
    receipts.push(await events.append({ topic: 't.1', payload: null }))
    for (const step of level.split(', then '))
      if (step !== 'hot') await events.compact({ level: step as 'fast' | 'default' | 'max' })
    events = (await host.reopen()).events
    for (const receipt of receipts) {
      for (const [index, id] of receipt.ids.entries()) {
        const proof = await events.prove(id)
        expect(proof).toMatchObject({ id, root: receipt.root, commitSequence: receipt.sequence })
        expect(proof.position).toEqual(receipt.positions[index])
        const entries = await entriesOf(events, proof)
        expect(verifyEntryProof({ proof, entries, root: receipt.root })).toBe(true)
      }
    }
  })

  test('of a commit that is cut into several blocks of a shard', async () => {
    await using host = new StoreHost({ shardCount: 2 })
    const { logs } = await host.open()
    const line = 'x'.repeat(BLOCK_ROWS_BYTES / 4)
    const receipt = await logs.append(
      Array.from({ length: 21 }, (_, n) => ({ topic: `t${n % 3}`, message: `${n} ${line}` })),
    )
    for (const round of ['hot', 'cold']) {
      const proof = await logs.prove(receipt.ids[10]!)
      expect(proof.root, round).toEqual(receipt.root)
      expect(proof.size, round).toBeGreaterThan(6)
      expect(verifyEntryProof({ proof, entries: await entriesOf(logs, proof), root: receipt.root })).toBe(
        true,
      )
      await logs.compact()
    }
  })
})

async function proven(): Promise<{ proof: EntryProof; entries: LogEntry[]; root: Uint8Array }> {
  await using host = new StoreHost({ shardCount: 2 })
  const { logs } = await host.open()
  const { ids, root } = await logs.append(
    ['a', 'b', 'a', 'c', 'd', 'a'].map((topic, n) => ({ topic, message: `${n}`, metadata: { n } })),
  )
  const proof = await logs.prove(ids[2]!)
  const entries = await Promise.all(proof.ids.map(async (id) => (await logs.get(id))!))
  // Plain objects, so that a test can change them.
  return { proof, entries: entries.map((entry) => ({ ...entry, contentHash: '' })), root }
}

const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 7 ? byte ^ 1 : byte))

describe('a check of a proof fails', () => {
  test('after any change of an entry, of its place or of a hash', async () => {
    const good = await proven()
    expect(verifyEntryProof(good)).toBe(true)
    const { proof, entries } = good
    const [first, ...others] = entries
    const bad: readonly Partial<typeof good>[] = [
      { entries: [{ ...first!, message: 'other' }, ...others] },
      { entries: [{ ...first!, timestamp: 5 }, ...others] },
      { entries: [{ ...first!, severity: 'error' }, ...others] },
      { entries: [{ ...first!, metadata: {} }, ...others] },
      { entries: [{ ...first!, id: 'other' }, ...others] },
      { entries: [{ ...first!, checkpointMarker: 'x' }, ...others] },
      { entries: others },
      { entries: entries.toReversed() },
      { entries: [] },
      { root: flipped(good.root) },
      { proof: { ...proof, id: entries[0]!.id } },
      { proof: { ...proof, index: proof.index === 0 ? 1 : 0 } },
      { proof: { ...proof, path: proof.path.slice(1) } },
      { proof: { ...proof, path: proof.path.map(flipped) } },
      { proof: { ...proof, runHash: flipped(proof.runHash) } },
      { proof: { ...proof, run: { ...proof.run, commitTime: proof.run.commitTime + 1 } } },
      { proof: { ...proof, run: { ...proof.run, topic: 'b' } } },
      { proof: { ...proof, run: { ...proof.run, topicId: 77 } } },
      { proof: { ...proof, position: { ...proof.position, shard: 1 - proof.position.shard } } },
      { proof: { ...proof, run: { ...proof.run, spans: [{ first: 0, count: 2 ** 40 }] } } },
    ]
    for (const [index, change] of bad.entries())
      expect(verifyEntryProof({ ...good, ...change }), `change ${index}`).toBe(false)
  })
})

test('an id that no entry has is refused by name', async () => {
  await using host = new StoreHost()
  const { logs, events } = await host.open()
  await expect(logs.prove('nothing')).rejects.toEqual(failing('STREAM_ENTRY_UNKNOWN'))
  await expect(events.prove('01890000-0000-7001-8000-000000000001')).rejects.toEqual(
    failing('STREAM_ENTRY_UNKNOWN'),
  )
})

test('the check of a proof binds ids of callers to the shard too', async () => {
  await using host = new StoreHost({ shardCount: 2 })
  const { logs } = await host.open()
  const { root } = await logs.append({ topic: 'a', message: '1', id: 'own' })
  const proof = await logs.prove('own')
  const entries = [(await logs.get('own'))!]
  const { position } = proof
  expect(verifyEntryProof({ proof, entries, root })).toBe(true)
  const moved = { ...proof, position: { ...position, shard: 1 - position.shard } }
  expect(verifyEntryProof({ proof: moved, entries, root })).toBe(false)
})

describe('a proof is refused, rather than wrong,', () => {
  test.each(['hot', 'cold'])('after a sibling in a %s block was removed', async (kind) => {
    await using host = new StoreHost({ shardCount: 2 })
    let { logs } = await host.open()
    const both = await logs.append([
      { topic: 'stays', message: '1' },
      { topic: 'goes', message: '2' },
    ])
    const alone = await logs.append({ topic: 'stays', message: '3' })
    if (kind === 'cold') await logs.compact()
    await logs.topicOperations.remove('goes')
    for (const round of ['now', 'reopened']) {
      await expect(logs.prove(both.ids[0]!), round).rejects.toEqual(failing('STREAM_PROOF_INCOMPLETE'))
      expect((await logs.prove(alone.ids[0]!)).root, round).toEqual(alone.root)
      logs = (await host.reopen()).logs
    }
  })

  test.each(['hot', 'cold'])(
    'after retention took entries of a topic that stays, from %s blocks',
    async (kind) => {
      await using host = new StoreHost({ shardCount: 2 })
      let { logs } = await host.open()
      const both = await logs.append([
        { topic: 'stays', message: '1' },
        { topic: 'trimmed', message: '2' },
      ])
      const later = await logs.append({ topic: 'trimmed', message: '3' })
      if (kind === 'cold') await logs.compact()
      await logs.topicOperations.setRetention('trimmed', { maxCount: 1 })
      await logs.topicOperations.applyRetention()
      for (const round of ['now', 'reopened']) {
        await expect(logs.prove(both.ids[0]!), round).rejects.toEqual(failing('STREAM_PROOF_INCOMPLETE'))
        await expect(logs.prove(both.ids[1]!), round).rejects.toEqual(failing('STREAM_ENTRY_UNKNOWN'))
        expect((await logs.prove(later.ids[0]!)).root, round).toEqual(later.root)
        logs = (await host.reopen()).logs
      }
    },
  )
})
