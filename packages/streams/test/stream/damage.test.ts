import { mkdtemp, readdir, rm, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Operation } from '@forgeone/engine'
import { describe, expect, test } from 'vitest'
import { hotIndexKey, hotKey } from '../../src/shard/keys.ts'
import { StoreHost, type Opened } from './store-host.ts'

const BLOCKS = 12
const ENTRIES = 3
const DATABASE = 'logs_shard_0'

/** One shard of blocks of three entries; block n begins at sequence 3 n. */
async function filled(host: StoreHost): Promise<Opened> {
  const opened = await host.open()
  for (let block = 0; block < BLOCKS; block++) {
    await opened.logs.append(
      Array.from({ length: ENTRIES }, (_, n) => ({ topic: 'a', message: `${block * ENTRIES + n}` })),
    )
  }
  return opened
}

/** Changes the rows below the stream, by a commit that is authentic in itself. */
async function change({ store }: Opened, operation: Operation): Promise<void> {
  await store.commit(() => ({
    facts: { actor: 'test', action: 'test.damage', resourceClass: 'test' },
    operations: [operation],
  }))
}

describe('a block that is not what was written', () => {
  test.each(['missing', 'garbage', 'another block'])(
    '(%s) is named, and the others are served',
    async (kind) => {
      await using host = new StoreHost({ shardCount: 1 })
      const opened = await filled(host)
      const { ids } = await opened.logs.append({ topic: 'a', message: 'last' })
      const key = hotKey(5 * ENTRIES)
      const other = await opened.store.get(DATABASE, hotKey(6 * ENTRIES))
      await change(
        opened,
        kind === 'missing'
          ? { type: 'delete', database: DATABASE, key }
          : { type: 'put', database: DATABASE, key, value: kind === 'garbage' ? new Uint8Array(50) : other! },
      )
      const { logs } = await host.reopen()
      const named = expect.objectContaining({
        code: 'STREAM_BLOCK_DAMAGED',
        details: { database: DATABASE, sequence: 15 },
      })
      const before: string[] = []
      const reading = (async () => {
        for await (const { message } of logs.read()) before.push(message)
      })()
      await expect(reading).rejects.toEqual(named)
      expect(before).toEqual(Array.from({ length: 15 }, (_, n) => `${n}`))
      const position = (sequence: number): string => `p${Math.floor(sequence / ENTRIES) + 1}.0.${sequence}`
      const behind = await logs.read({ from: { position: position(17) } }).toArray()
      expect(behind.map(({ message }) => message)).toEqual([
        ...Array.from({ length: 18 }, (_, n) => `${n + 18}`),
        'last',
      ])
      expect((await logs.get(ids[0]!))?.message).toBe('last')
      await logs.append({ topic: 'a', message: 'appends go on' })
      const { problems } = await logs.verify()
      expect(problems.map(({ code, where }) => [code, where])).toEqual([
        ['STREAM_BLOCK_DAMAGED', `${DATABASE} block 15`],
      ])
    },
  )
})

describe('an index row that is gone', () => {
  test('is found while the store is open', async () => {
    await using host = new StoreHost({ shardCount: 1 })
    const opened = await filled(host)
    await change(opened, { type: 'delete', database: DATABASE, key: hotIndexKey(15) })
    const { problems } = await opened.logs.verify()
    expect(problems).toEqual([
      {
        code: 'STREAM_BLOCK_DAMAGED',
        where: `${DATABASE} block 15`,
        message: expect.stringContaining('no index row'),
      },
    ])
  })

  test('is found after reopening, and sets its shard aside instead of leaving a gap unseen', async () => {
    await using host = new StoreHost({ shardCount: 1 })
    await change(await filled(host), { type: 'delete', database: DATABASE, key: hotIndexKey(15) })
    const { logs, events } = await host.reopen()
    const refusal = expect.objectContaining({
      code: 'STREAM_BLOCK_DAMAGED',
      message: expect.stringContaining('sequence 15'),
    })
    await expect(logs.read().toArray()).rejects.toEqual(refusal)
    expect((await logs.verify()).problems).toMatchObject([{ code: 'STREAM_BLOCK_DAMAGED', where: DATABASE }])
    await events.append({ topic: 'b', payload: 1 })
  })

  test('of the last block is found, and that block is not overwritten', async () => {
    await using host = new StoreHost({ shardCount: 1 })
    const opened = await filled(host)
    const key = hotKey(33)
    const block = await opened.store.get(DATABASE, key)
    await change(opened, { type: 'delete', database: DATABASE, key: hotIndexKey(33) })
    const { logs, store } = await host.reopen()
    expect((await logs.verify()).problems).toMatchObject([{ code: 'STREAM_BLOCK_DAMAGED' }])
    await logs.append({ topic: 'a', message: 'new' }).catch(() => undefined)
    expect(await store.get(DATABASE, key)).toEqual(block)
  })
})

test('verifying beside appends finds nothing', async () => {
  await using host = new StoreHost({ shardCount: 2 })
  const { logs } = await filled(host)
  const stop = new AbortController()
  const appending = (async () => {
    for (let n = 0; !stop.signal.aborted; n++) {
      await logs.append({ topic: `t${n % 5}`, message: `${n}` })
      // A store in memory needs no turn of the event loop, which verifying waits for.
      await new Promise((resolve) => setImmediate(resolve))
    }
  })()
  for (let round = 0; round < 15; round++) expect((await logs.verify()).problems).toEqual([])
  stop.abort()
  await appending
})

test('an offline shard refuses what needs it, and the others serve', async () => {
  const path = await mkdtemp(join(tmpdir(), 'forge-offline-'))
  try {
    await using host = new StoreHost({ path, shardCount: 2 })
    const { logs } = await host.open()
    const topics = Array.from({ length: 12 }, (_, n) => `t${n}`)
    const { positions } = await logs.append(topics.map((topic) => ({ topic, message: topic })))
    await host.close()
    const names = await readdir(join(path, 'logs_shard_1'))
    await Promise.all(
      names
        .filter((name) => name.startsWith('MANIFEST'))
        .map((name) => unlink(join(path, 'logs_shard_1', name))),
    )
    const { logs: damaged } = await host.open()
    const offline = expect.objectContaining({ code: 'DATABASE_OFFLINE' })
    for (const [n, topic] of topics.entries()) {
      const isLost = positions[n]!.shard === 1
      const read = damaged.read({ topic }).toArray()
      const append = damaged.append({ topic, message: 'more' })
      if (isLost) await expect(read).rejects.toEqual(offline)
      else expect(await read).toHaveLength(1)
      if (isLost) await expect(append).rejects.toEqual(offline)
      else await append
    }
    expect(new Set(positions.map(({ shard }) => shard)).size, 'both shards are used').toBe(2)
    await expect(damaged.read({ topic: '>' }).toArray()).rejects.toEqual(offline)
    await expect(damaged.read().toArray()).rejects.toEqual(offline)
    expect(() => damaged.topics()).toThrow(offline as Error)
    expect((await damaged.verify()).problems).toMatchObject([
      { code: 'DATABASE_OFFLINE', where: 'logs_shard_1' },
    ])
  } finally {
    await rm(path, { recursive: true })
  }
})
