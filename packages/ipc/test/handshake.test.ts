import { once } from 'node:events'
import { createServer } from 'node:net'
import { ForgeError, ManualClock, systemTimer, type Timer } from '@forgeone/common'
import { ManualTimer } from '@forgeone/common/testing'
import { expect, onTestFinished, test } from 'vitest'
import {
  ANSWER_BYTES,
  encodeClientHello,
  METHOD,
  SERVER_HELLO_BYTES,
  STATUS,
} from '../src/handshake/hello.ts'
import { proofOf } from '../src/handshake/session-keys.ts'
import { connect, type HandshakeRefusal, type Identity, type ServeOptions } from '../src/index.ts'
import { HANDSHAKE_MS } from '../src/limits.ts'
import { closed, openRaw } from './raw-client.ts'
import { IPC_KEY } from './ipc-key.ts'
import { served, socketPlace } from './served.ts'
import { Shop, SHOP } from './shop.ts'
import { until } from './until.ts'

async function read(socket: Awaited<ReturnType<typeof openRaw>>, bytes: number): Promise<Buffer> {
  for (;;) {
    const found = socket.read(bytes) as Buffer | null
    if (found !== null) return found
    await once(socket, 'readable')
  }
}

test('who has another secret is not let in, and told so', async () => {
  const refused: HandshakeRefusal[] = []
  const { connect, server } = await served(new Shop(), SHOP, {
    onRefused: (refusal) => refused.push(refusal),
  })
  const wrong = connect({ credentials: { ipcKey: new Uint8Array(32) } })
  await expect(wrong).rejects.toMatchObject({ code: 'KEY_SECRET_WRONG' })
  expect(refused).toEqual([{ via: 'secret', pid: process.pid, code: 'KEY_SECRET_WRONG' }])
  expect(server.connections()).toEqual([])
})

const TOKENS: ServeOptions['authentication'] = {
  ipcKey: IPC_KEY,
  tokens: {
    prove: (challenge) => challenge.slice().reverse(),
    principalOf: (token) => {
      if (token === 'old') throw new ForgeError('ACCESS_TOKEN_EXPIRED', 'expired')
      if (token !== 'good') throw new ForgeError('ACCESS_TOKEN_INVALID', 'invalid')
      return 'ann'
    },
  },
}
const verifyServer = ({ challenge, proof }: { challenge: Uint8Array; proof: Uint8Array }): boolean =>
  Buffer.from(challenge).reverse().equals(proof.subarray(0, 32))

test('a token lets its principal in', async () => {
  const identities: Identity[] = []
  const { connect } = await served(new Shop(), SHOP, {
    authentication: TOKENS,
    facesFor: (identity) => {
      identities.push(identity)
      return { echo: (value: unknown) => [value] }
    },
  })
  const face = (await connect({ credentials: { token: 'good', verifyServer } })).proxy<Shop>(SHOP)
  expect(await face.echo(1)).toEqual([1])
  expect(identities).toEqual([{ via: 'token', principal: 'ann' }])
  // What the face of a principal does not have.
  await expect(face.write('x')).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
  await expect(face.tills.count()).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
})

test.each([
  ['old', 'ACCESS_TOKEN_EXPIRED'],
  ['bad', 'ACCESS_TOKEN_INVALID'],
  ['', 'ACCESS_TOKEN_INVALID'],
  ['x'.repeat(5000), 'ACCESS_TOKEN_INVALID'],
])('the token %s is answered with %s', async (token, code) => {
  const { connect } = await served(new Shop(), SHOP, { authentication: TOKENS })
  await expect(connect({ credentials: { token, verifyServer } })).rejects.toMatchObject({ code })
})

test('no tokens are taken where there are none', async () => {
  const { connect } = await served(new Shop(), SHOP)
  const refused = connect({ credentials: { token: 'good', verifyServer } })
  await expect(refused).rejects.toMatchObject({ code: 'ACCESS_TOKEN_INVALID' })
})

test('a listener that is not the store learns no token', async () => {
  const path = await socketPlace()
  const heard: Buffer[] = []
  const rogue = createServer((socket) => {
    socket.on('error', () => undefined)
    const hello = Buffer.alloc(SERVER_HELLO_BYTES)
    hello.write('FORGEIPC', 'latin1')
    hello.writeUInt16BE(1, 8)
    hello.writeUInt16BE(1, 10)
    socket.write(hello)
    socket.on('data', (chunk) => heard.push(chunk))
    socket.write(Buffer.alloc(ANSWER_BYTES))
  }).listen(path)
  await once(rogue, 'listening')
  onTestFinished(() => void rogue.close())
  const token = 'a token that nobody is to hear'
  await expect(connect({ path, credentials: { token, verifyServer } })).rejects.toMatchObject({
    code: 'IPC_PROTOCOL',
  })
  await expect(connect({ path, credentials: { ipcKey: IPC_KEY } })).rejects.toMatchObject({
    code: 'IPC_PROTOCOL',
  })
  expect(Buffer.concat(heard).includes(token)).toBe(false)
  expect(Buffer.concat(heard).includes(Buffer.from(IPC_KEY))).toBe(false)
})

test('a handshake that was heard is of no use again', async () => {
  const { path, server } = await served(new Shop(), SHOP)
  const first = await openRaw(path)
  const hello = await read(first, SERVER_HELLO_BYTES)
  const clientHello = encodeClientHello({
    version: 1,
    method: METHOD.SECRET,
    pid: 1,
    nonce: new Uint8Array(32),
  })
  const proof = proofOf(IPC_KEY, 'client', { serverHello: hello, clientHello })
  first.write(clientHello)
  first.write(proof)
  expect((await read(first, ANSWER_BYTES))[0]).toBe(STATUS.WELCOME)
  const second = await openRaw(path)
  await read(second, SERVER_HELLO_BYTES)
  second.write(clientHello)
  second.write(proof)
  expect((await read(second, ANSWER_BYTES))[0]).toBe(STATUS.SECRET_WRONG)
  second.resume()
  await closed(second)
  expect(server.connections()).toHaveLength(1)
})

test('another version is refused on both sides', async () => {
  const { path } = await served(new Shop(), SHOP)
  const socket = await openRaw(path)
  await read(socket, SERVER_HELLO_BYTES)
  socket.write(encodeClientHello({ version: 2, method: METHOD.SECRET, pid: 1, nonce: new Uint8Array(32) }))
  socket.write(new Uint8Array(32))
  expect((await read(socket, ANSWER_BYTES))[0]).toBe(STATUS.VERSION)
  socket.resume()
  await closed(socket)

  const newer = await socketPlace()
  const listener = createServer((own) => {
    const hello = Buffer.alloc(SERVER_HELLO_BYTES)
    hello.write('FORGEIPC', 'latin1')
    hello.writeUInt16BE(7, 8)
    hello.writeUInt16BE(9, 10)
    own.write(hello)
  }).listen(newer)
  await once(listener, 'listening')
  onTestFinished(() => void listener.close())
  const refused = connect({ path: newer, credentials: { ipcKey: IPC_KEY } })
  await expect(refused).rejects.toMatchObject({ code: 'IPC_VERSION' })
})

test('garbage, an unknown way to show who one is, and silence end a handshake', async () => {
  const timer = new ManualTimer()
  const { path, server } = await served(new Shop(), SHOP, { timer })
  const garbage = await openRaw(path)
  garbage.resume()
  garbage.write(Buffer.alloc(4096, 'GET / HTTP/1.1\r\n'))
  await closed(garbage)

  const unknown = await openRaw(path)
  unknown.resume()
  unknown.write(encodeClientHello({ version: 1, method: 9, pid: 1, nonce: new Uint8Array(32) }))
  unknown.write(new Uint8Array(32))
  await closed(unknown)

  // A byte now and then does not lengthen the time.
  const slow = await openRaw(path)
  slow.resume()
  const hello = encodeClientHello({ version: 1, method: METHOD.SECRET, pid: 1, nonce: new Uint8Array(32) })
  for (let at = 0; at < 10; at++) {
    slow.write(hello.subarray(at, at + 1))
    timer.advance(HANDSHAKE_MS / 10 - 1)
  }
  expect(slow.destroyed).toBe(false)
  timer.advance(10)
  await closed(slow)
  expect(server.connections()).toEqual([])
})

test('five wrong proofs a second are looked at, over all connections, and right ones wait with them', async () => {
  const clock = new ManualClock()
  const timer = new ManualTimer()
  const waited: number[] = []
  const slow: Timer = {
    after: (delayMs, action) => timer.after(delayMs, action),
    every: (intervalMs, action) => timer.every(intervalMs, action),
    pause: async (durationMs) => {
      waited.push(durationMs)
      await timer.pause(durationMs)
    },
  }
  const refused: HandshakeRefusal[] = []
  const { connect } = await served(new Shop(), SHOP, {
    clock,
    timer: slow,
    onRefused: (refusal) => refused.push(refusal),
  })
  const outcomes = Promise.allSettled(
    Array.from({ length: 8 }, () =>
      connect({ credentials: { ipcKey: new Uint8Array(32) }, timer: systemTimer }),
    ),
  )
  await until(() => refused.length === 5 && waited.length === 1)
  const right = connect()
  clock.advance(999)
  timer.advance(999)
  expect(refused).toHaveLength(5)
  clock.advance(1)
  timer.advance(1)
  await right
  expect(refused).toHaveLength(8)
  expect((await outcomes).map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 'rejected'))
})
