import { ManualTimer } from '@forgeone/common/testing'
import { connect as connectSocket, createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { connect, type ObjectShape } from '../src/index.ts'
import {
  CALLS_IN_FLIGHT_MAX,
  CONNECTIONS_MAX,
  PING_MS,
  PINGS_UNANSWERED_MAX,
  SLOW_CLIENT_MS,
  UNSENT_BYTES_MAX,
} from '../src/limits.ts'
import { checkShape } from '../src/shape/check-shape.ts'
import { FRAME } from '../src/wire/frame.ts'
import { USE } from '../src/wire/use.ts'
import { ValueDecoder } from '../src/value/value-decoder.ts'
import { closed, message, openRaw, rawClient } from './raw-client.ts'
import { IPC_KEY } from './ipc-key.ts'
import { served, socketPlace, type Served } from './served.ts'
import { Shop, SHOP } from './shop.ts'
import { turns, until } from './until.ts'

interface End {
  readonly code: string | undefined
}

async function shop(options: Parameters<typeof served>[2] = {}): Promise<Served & { readonly ends: End[] }> {
  const ends: End[] = []
  const onDisconnection = (_: unknown, cause: { readonly code: string } | undefined): void =>
    void ends.push({ code: cause?.code })
  return { ends, ...(await served(new Shop(), SHOP, { onDisconnection, ...options })) }
}

const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  'then',
  'toJSON',
  'prototype',
  'apply',
  '',
  'size',
  'log',
  'tills',
  'echo.call',
  'x'.repeat(10_000),
]

test.each(NAMES)('%s is no method, and no part', async (name) => {
  const { path } = await shop()
  const { wire, frames } = await rawClient(path)
  let id = 0
  for (const [at, method] of [
    ['', name],
    [name === '' ? '.' : name, 'echo'],
    ['tills', name],
    [`tills.${name}`, 'count'],
    [`tills.busy.${name}`, 'list'],
  ]) {
    wire.send(FRAME.CALL, ++id, message(0, at, USE.CALL, method, undefined, []))
  }
  if (name !== 'size') wire.send(FRAME.CALL, ++id, message(0, '', USE.PROPERTY, name, undefined, []))
  await until(() => frames.length === id)
  for (const { kind, body } of frames) {
    expect(kind).toBe(FRAME.ERROR)
    expect(new ValueDecoder(body).next()).toMatchObject({ code: 'IPC_METHOD_UNKNOWN' })
  }
})

test.each(['__proto__', 'constructor', 'then', 'toString', 'a.b', ''])('%s cannot be described', (name) => {
  const methods: Record<string, { gives: { kind: 'value' } }> = {}
  Object.defineProperty(methods, name, { value: { gives: { kind: 'value' } }, enumerable: true })
  expect(() => checkShape({ kind: 'object', methods } as ObjectShape)).toThrow(/no name/)
})

const BREACHES: readonly (readonly [string, (client: Awaited<ReturnType<typeof rawClient>>) => void])[] = [
  ['a call that is empty', ({ wire }) => wire.send(FRAME.CALL, 1)],
  ['a call of half a message', ({ wire }) => wire.send(FRAME.CALL, 1, Buffer.from([0, 0, 0]))],
  ['a call without names', ({ wire }) => wire.send(FRAME.CALL, 1, message(0, 1, 2, 3, 4, []))],
  [
    'arguments that are no list',
    ({ wire }) => wire.send(FRAME.CALL, 1, message(0, '', USE.CALL, 'echo', undefined, {})),
  ],
  [
    'something behind the arguments',
    ({ wire }) => wire.send(FRAME.CALL, 1, message(0, '', USE.CALL, 'echo', undefined, [], 1)),
  ],
  [
    'the number of a call that is under way',
    ({ wire }) => {
      for (let count = 0; count < 2; count++)
        wire.send(FRAME.CALL, 1, message(0, '', USE.CALL, 'bytes', undefined, [1000]))
    },
  ],
  ['a frame of the server', ({ wire }) => wire.send(FRAME.RESULT, 1, message(1))],
  ['a frame of an unknown kind', ({ wire }) => wire.send(99, 1, message(1))],
  ['an answer to what was not asked', ({ wire }) => wire.send(FRAME.CALLBACK_RESULT, 1, message(1))],
  ['an error of what was not asked', ({ wire }) => wire.send(FRAME.CALLBACK_ERROR, 1, message(undefined, 1))],
  ['a stream that nobody reads', ({ wire }) => wire.send(FRAME.PULLED_ITEMS, 1, message(1))],
  [
    'more credit than was used',
    ({ wire }) => {
      wire.send(FRAME.CALL, 1, message(0, '', USE.CALL, 'bytes', undefined, [1000]))
      wire.send(FRAME.CREDIT, 1, message(1_000_000_000))
    },
  ],
  [
    'credit below nothing',
    ({ wire }) => {
      wire.send(FRAME.CALL, 1, message(0, '', USE.CALL, 'bytes', undefined, [1000]))
      wire.send(FRAME.CREDIT, 1, message(-5))
    },
  ],
  ['garbage', ({ socket }) => socket.write(Buffer.alloc(100_000, 'garbage'))],
  ['an impossible length', ({ socket }) => socket.write(Buffer.alloc(20, 0xff))],
  ['a record that is too short', ({ socket }) => socket.write(Buffer.alloc(20))],
  [
    'a record with another code',
    ({ socket }) => {
      const record = Buffer.alloc(29)
      record.writeUInt32BE(9)
      socket.write(record)
    },
  ],
]

test.each(BREACHES)('%s ends the connection, and that one alone', async (_, breach) => {
  const { path, ends, connect } = await shop()
  const face = (await connect()).proxy<Shop>(SHOP)
  const client = await rawClient(path)
  breach(client)
  await client.ended
  await until(() => ends.length === 1)
  expect(ends).toEqual([{ code: 'IPC_PROTOCOL' }])
  expect(await face.echo('still')).toBe('still')
})

test('half a record waits, and goes with its connection', async () => {
  const { path, server } = await shop()
  const { socket } = await rawClient(path)
  const head = Buffer.alloc(20)
  head.writeUInt32BE(1_000_000)
  socket.write(head)
  socket.write(Buffer.alloc(1000))
  await turns(20)
  expect(server.connections()).toHaveLength(1)
  socket.destroy()
  await until(() => server.connections().length === 0)
})

/** Stands between a client and the server, and may change what the client sends once it is let in. */
async function between(
  path: string,
  change: (chunk: Buffer, count: number) => readonly Buffer[],
): Promise<string> {
  const own = await socketPlace()
  const sockets: Socket[] = []
  const proxy = createServer((client) => {
    const server = connectSocket({ path })
    sockets.push(client, server)
    for (const socket of [client, server]) socket.on('error', () => undefined)
    let count = 0
    client.on('data', (chunk: Buffer) => {
      // The first two pieces are of the handshake.
      for (const piece of change(chunk, count++)) server.write(piece)
    })
    server.pipe(client)
    client.on('close', () => server.destroy())
    server.on('close', () => client.destroy())
  }).listen(own)
  await once(proxy, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    proxy.close()
  })
  return own
}

test('records that are changed, repeated, left out or swapped end the connection', async () => {
  const { path, ends } = await shop()
  const tricks: ((kept: Buffer[], chunk: Buffer) => readonly Buffer[])[] = [
    (_, chunk) => [Buffer.concat([chunk.subarray(0, -1), Buffer.of(chunk.at(-1)! ^ 1)])],
    (_, chunk) => [chunk, chunk],
    (kept, chunk) => (kept.push(chunk) === 1 ? [] : [chunk]),
    (kept, chunk) => (kept.push(chunk) === 1 ? [] : [chunk, kept[0]!]),
  ]
  for (const [index, trick] of tricks.entries()) {
    let isOn = false
    const kept: Buffer[] = []
    const own = await between(path, (chunk) => (isOn ? trick(kept, chunk) : [chunk]))
    const connection = await connect({ path: own, credentials: { ipcKey: IPC_KEY } })
    const face = connection.proxy<Shop>(SHOP)
    await face.echo(1)
    isOn = true
    const calls = [face.echo(2)]
    await turns(3)
    calls.push(face.echo(3))
    await Promise.allSettled(calls)
    await connection.closed
    await until(() => ends.length === index + 1)
    expect(ends.at(-1)).toEqual({ code: 'IPC_PROTOCOL' })
  }
})

async function unread(path: string, count: number): Promise<Awaited<ReturnType<typeof rawClient>>> {
  const client = await rawClient(path)
  // Whoever read its handshake lets it flow once more.
  await turns(5)
  client.socket.pause()
  const body = message(0, '', USE.CALL, 'echo', undefined, [new Uint8Array(1_000_000)])
  for (let id = 1; id <= count; id++) client.wire.send(FRAME.CALL, id, Buffer.from(body))
  return client
}

test('a client that asks and never reads is cut off after a while', async () => {
  const timer = new ManualTimer()
  const { path, ends } = await shop({ timer })
  const before = timer.waiting
  const { socket, ended } = await unread(path, 40)
  expect(40 * 1_000_000).toBeGreaterThan(UNSENT_BYTES_MAX)
  // Its pings, and the end that waits for it.
  await until(() => timer.waiting === before + 2)
  timer.advance(SLOW_CLIENT_MS - 1)
  expect(ends).toEqual([])
  timer.advance(1)
  await until(() => ends.length === 1)
  expect(ends).toEqual([{ code: 'IPC_SLOW_CLIENT' }])
  socket.destroy()
  await ended
})

test('nothing more is heard of a client that does not read, until it does', async () => {
  const { path, ends, server } = await shop({ timer: new ManualTimer() })
  const { socket, frames } = await unread(path, 60)
  await until(() => server.connections()[0]!.bytesIn > UNSENT_BYTES_MAX)
  await turns(100)
  expect(server.connections()[0]!.calls).toBeLessThan(60)
  socket.resume()
  await until(() => frames.length === 60)
  expect(ends).toEqual([])
})

test('answers of many calls and streams at once are no reason to cut a client off that reads', async () => {
  const { connect, ends } = await shop()
  const face = (await connect()).proxy<Shop>(SHOP)
  const bytes = new Uint8Array(100_000)
  const answers = await Promise.all(
    Array.from({ length: 300 }, async () => (await face.echo(bytes)) as Uint8Array),
  )
  expect(answers.every(({ length }) => length === 100_000)).toBe(true)
  const streams = Array.from({ length: 200 }, () => face.bytes(60_000)[Symbol.asyncIterator]())
  for (let round = 0; round < 5; round++) await Promise.all(streams.map((stream) => stream.next()))
  expect(ends).toEqual([])
})

test('a client that is silent, and does not answer when it is asked, is taken for gone', async () => {
  const timer = new ManualTimer()
  const { path, ends } = await shop({ timer })
  const { socket } = await rawClient(path)
  // Whoever read its handshake lets it flow once more.
  await turns(5)
  socket.pause()
  for (let times = 0; times <= PINGS_UNANSWERED_MAX; times++) timer.advance(PING_MS)
  await until(() => ends.length === 1)
})

test('a client that answers stays', async () => {
  const timer = new ManualTimer()
  const { path, ends, server } = await shop({ timer })
  await rawClient(path)
  await until(() => server.connections().length === 1)
  for (let times = 0; times < 10; times++) {
    const { bytesIn } = server.connections()[0]!
    timer.advance(PING_MS)
    // The first finds that something was heard: the handshake.
    if (times > 0) await until(() => server.connections()[0]!.bytesIn > bytesIn)
  }
  expect(ends).toEqual([])
})

test('more calls at once than may be are refused, and the others answered', async () => {
  const { path } = await shop()
  const { wire, frames } = await rawClient(path)
  for (let id = 1; id <= CALLS_IN_FLIGHT_MAX + 10; id++) {
    wire.send(FRAME.CALL, id, message(0, '', USE.CALL, 'wait', undefined, [{ signal: undefined }]))
  }
  await until(() => frames.length >= 10)
  const errors = frames.map(({ body }) => new ValueDecoder(body).next() as { readonly code?: string })
  expect(errors.filter(({ code }) => code === 'OVERLOADED').length).toBeGreaterThan(0)
})

test('300 connections: 256 are let in, the others told why not', async () => {
  const { connect, server } = await shop()
  const outcomes = await Promise.allSettled(Array.from({ length: 300 }, () => connect()))
  const refused = outcomes.flatMap((each) =>
    each.status === 'rejected' ? [each.reason as { code: string }] : [],
  )
  expect(outcomes.length - refused.length).toBe(CONNECTIONS_MAX)
  expect(server.connections()).toHaveLength(CONNECTIONS_MAX)
  for (const { code } of refused) expect(['IPC_LIMIT', 'STORE_HOST_LOST', 'STORE_NOT_SHARED']).toContain(code)
})

test('strangers that connect and say nothing keep nobody out for longer than a handshake may take', async () => {
  const timer = new ManualTimer()
  const { path, connect } = await shop({ timer })
  const strangers = await Promise.all(Array.from({ length: CONNECTIONS_MAX }, () => openRaw(path)))
  // Each has been noticed.
  await Promise.all(strangers.map((stranger) => once(stranger, 'data')))
  await expect(connect()).rejects.toMatchObject({ code: 'STORE_HOST_LOST' })
  timer.advance(10_000)
  await Promise.all(strangers.map((stranger) => closed(stranger)))
  await connect()
})

test('a flood of callbacks is bounded', async () => {
  const flood = {
    map: async (count: number, callback: (value: unknown) => Promise<unknown>) => {
      const outcomes = await Promise.allSettled(Array.from({ length: count }, (_, index) => callback(index)))
      return outcomes.flatMap((each) =>
        each.status === 'rejected' ? [(each.reason as { code: string }).code] : [],
      )
    },
  }
  const { connect } = await served(flood, SHOP)
  const face = (await connect()).proxy<typeof flood>(SHOP)
  const codes = await face.map(5000, async () => 1)
  expect(codes).toHaveLength(5000 - 4096)
  expect(new Set(codes)).toEqual(new Set(['IPC_LIMIT']))
})
