import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { connect, type Connection } from '../src/index.ts'
import { FRAME } from '../src/wire/frame.ts'
import { IPC_KEY } from './ipc-key.ts'
import { message, rawClient } from './raw-client.ts'
import { served, socketPlace } from './served.ts'
import { Shop, SHOP } from './shop.ts'
import { turns, until } from './until.ts'

function start(victim: string, path: string): ChildProcess {
  const child = fork(join(import.meta.dirname, 'victims', `${victim}.ts`), [path], {
    execArgv: ['--conditions=@forgeone/source'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function connectTo(path: string): Promise<Connection> {
  const connection = await connect({ path, credentials: { ipcKey: IPC_KEY } })
  onTestFinished(async () => await connection.close())
  return connection
}

test('calls, streams, callbacks and live objects of another process', async () => {
  const path = await socketPlace()
  const child = start('serve-shop', path)
  await once(child, 'message')
  const connection = await connectTo(path)
  const face = connection.proxy<Shop>(SHOP)
  expect(await face.transaction((tx) => tx.log.append('a'))).toEqual(['a'])
  const seen = []
  for await (const number of face.numbers(5000)) seen.push(number)
  expect(seen).toHaveLength(5000)
  const subscription = await face.subscribe()
  const [delivery] = await subscription.nextBatch(1)
  expect(await delivery!.ack()).toBe('acked')
})

test('when the process of the store is killed, what is under way is of unknown outcome, and what comes then was not sent', async () => {
  const path = await socketPlace()
  const child = start('serve-shop', path)
  await once(child, 'message')
  const connection = await connectTo(path)
  const face = connection.proxy<Shop>(SHOP)
  await face.echo(1)
  const { signal } = new AbortController()
  const waiting = face.wait({ signal })
  const reading = (async () => {
    for await (const _ of face.tail());
  })()
  await face.echo(2)
  const hasExited = once(child, 'exit')
  child.kill('SIGKILL')
  await expect(waiting).rejects.toMatchObject({ code: 'STORE_HOST_LOST', details: { outcome: 'unknown' } })
  await expect(reading).rejects.toMatchObject({ code: 'STORE_HOST_LOST' })
  expect(await connection.closed).toMatchObject({ reason: 'lost' })
  await expect(face.echo(3)).rejects.toMatchObject({
    code: 'STORE_HOST_LOST',
    details: { outcome: 'not-sent' },
  })
  // Its connections end before its socket does: until then it is lost, and not yet absent.
  await hasExited
  await expect(connectTo(path)).rejects.toMatchObject({ code: 'STORE_NOT_SHARED' })
})

test('calls that waited for earlier ones were not sent', async () => {
  const { connect, server } = await served(new Shop(), SHOP)
  const face = (await connect()).proxy<Shop>(SHOP)
  const { signal } = new AbortController()
  const calls = Array.from({ length: 600 }, () => face.wait({ signal }))
  for (const call of calls) call.catch(() => undefined)
  await until(() => server.connections()[0]!.callsInFlight === 512)
  await turns(5)
  expect(server.connections()[0]!.calls).toBe(512)
  await server.close({ graceMs: 0 })
  const outcomes = await Promise.allSettled(calls)
  const codes = outcomes.map((each) =>
    each.status === 'rejected' ? (each.reason as { code: string }).code : '',
  )
  // Goodbye comes first: what had not begun is refused.
  expect(codes).toEqual([
    ...Array.from({ length: 512 }, () => 'STORE_HOST_LOST'),
    ...Array.from({ length: 88 }, () => 'STORE_CLOSED'),
  ])
})

test('a call that waits for earlier ones and is aborted is never sent', async () => {
  const { connect, server } = await served(new Shop(), SHOP)
  const face = (await connect()).proxy<Shop>(SHOP)
  const first = new AbortController()
  const calls = Array.from({ length: 512 }, () => face.wait({ signal: first.signal }))
  const second = new AbortController()
  const withdrawn = face.wait({ signal: second.signal })
  const reason = new Error('changed my mind')
  second.abort(reason)
  await expect(withdrawn).rejects.toBe(reason)
  first.abort()
  const outcomes = await Promise.allSettled(calls)
  expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
  expect(await face.echo(1)).toBe(1)
  expect(server.connections()[0]!.calls).toBe(513)
})

test('a thousand calls at once are all answered, each with its own', async () => {
  const { connect } = await served(new Shop(), SHOP)
  const face = (await connect()).proxy<Shop>(SHOP)
  const numbers = Array.from({ length: 5000 }, (_, index) => index)
  expect(await Promise.all(numbers.map(async (number) => await face.echo(number)))).toEqual(numbers)
})

test('a client process that is killed frees what it held', async () => {
  const path = await socketPlace()
  const server = start('serve-shop', path)
  await once(server, 'message')
  const client = start('hold-shop', path)
  expect((await once(client, 'message'))[0]).toEqual([0, 1, 2])
  client.kill('SIGKILL')
  for (;;) {
    server.send('log')
    const [log] = (await once(server, 'message')) as [string[]]
    if (!log.includes('subscription closed')) continue
    expect(log.filter((each) => each === 'nacked')).toHaveLength(3)
    break
  }
})

test('goodbye: calls under way settle, streams end, and nothing new begins', async () => {
  const shop = new Shop()
  const { connect, server } = await served(shop, SHOP)
  const connection = await connect()
  const face = connection.proxy<Shop>(SHOP)
  let said = 0
  connection.onGoodbye(() => said++)
  const seen: number[] = []
  let goOn: (() => void) | undefined
  const mapping = face.map([1], () => new Promise((resolve) => (goOn = () => resolve('done'))))
  const reading = (async () => {
    for await (const number of face.numbers(1e9)) seen.push(number)
  })()
  await until(() => goOn !== undefined && seen.length > 10)
  const closing = server.close({ graceMs: 60_000 })
  await expect(reading).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  await until(() => connection.isClosing)
  expect(said).toBe(1)
  await expect(face.echo(1)).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  goOn!()
  expect(await mapping).toEqual(['done'])
  await closing
  expect(await connection.closed).toMatchObject({ reason: 'goodbye' })
  expect(shop.log.at(-1)).toBe('ended')
  await expect(connect()).rejects.toMatchObject({ code: 'STORE_NOT_SHARED' })
})

test('a transaction that is under way at goodbye is made whole', async () => {
  const shop = new Shop()
  const { connect, server } = await served(shop, SHOP)
  const connection = await connect()
  let goOn: (() => void) | undefined
  const writing = connection.proxy<Shop>(SHOP).transaction(async (tx) => {
    tx.log.append('a')
    await new Promise<void>((resolve) => (goOn = resolve))
    tx.log.append('b')
  })
  await until(() => goOn !== undefined)
  const closing = server.close({ graceMs: 60_000 })
  await until(() => connection.isClosing)
  goOn!()
  expect(await writing).toEqual(['a', 'b'])
  await closing
})

test('what waits for deliveries waits no longer at goodbye', async () => {
  const { connect, server } = await served(new Shop(), SHOP)
  const connection = await connect()
  const subscription = await connection.proxy<Shop>(SHOP).subscribe()
  const [delivery] = await subscription.nextBatch(4)
  // With this number it waits when there is none.
  const waiting = subscription.nextBatch(100)
  await delivery!.extend()
  await server.close({ graceMs: 1_000_000 })
  expect(await waiting).toEqual([])
})

test('a client that reads nothing of the end keeps no server from closing', async () => {
  const { path, server } = await served(new Shop(), SHOP)
  const { socket, wire } = await rawClient(path)
  await turns(5)
  socket.pause()
  wire.send(FRAME.CALL, 1, message(0, '', 0, 'echo', undefined, [new Uint8Array(4_000_000)]))
  await until(() => server.connections()[0]?.calls === 1)
  await server.close({ graceMs: 1 })
})

const facesFor = (): never => {
  throw new Error('a defect')
}

test('what cannot be given a face is let go', async () => {
  const { connect, server } = await served(new Shop(), SHOP, { facesFor })
  const connection = await connect()
  expect(await connection.closed).toMatchObject({ reason: 'lost' })
  expect(server.connections()).toEqual([])
})

test('goodbye does not wait for ever', async () => {
  const { connect, server } = await served(new Shop(), SHOP)
  const face = (await connect()).proxy<Shop>(SHOP)
  const waiting = face.wait({ signal: new AbortController().signal })
  waiting.catch(() => undefined)
  await face.echo(1)
  await server.close({ graceMs: 1 })
  await expect(waiting).rejects.toMatchObject({ code: 'STORE_HOST_LOST', details: { outcome: 'unknown' } })
})

test('a client that closes rejects what is under way, and ends it at the server', async () => {
  const shop = new Shop()
  const { connect } = await served(shop, SHOP)
  const connection = await connect()
  const face = connection.proxy<Shop>(SHOP)
  const waiting = face.wait({ signal: new AbortController().signal })
  waiting.catch(() => undefined)
  await face.echo(1)
  await connection.close()
  await connection.close()
  await expect(waiting).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  await until(() => shop.log.includes('aborted'))
  await expect(face.echo(1)).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  expect(await connection.closed).toMatchObject({ reason: 'closed' })
})

test('a connection that waits for nothing keeps no process from ending', async () => {
  const path = await socketPlace()
  const child = start('serve-shop', path)
  await once(child, 'message')
  const script = `
    const { connect } = await import(${JSON.stringify(join(import.meta.dirname, '../src/index.ts'))})
    const connection = await connect({ path: ${JSON.stringify(path)}, credentials: { ipcKey: new Uint8Array(32).fill(7) } })
    const face = connection.proxy({ kind: 'object', methods: { echo: { gives: { kind: 'value' } } } })
    console.log(await face.echo('answered'))`
  const { execFile } = await import('node:child_process')
  const output = await new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['--conditions=@forgeone/source', '--input-type=module', '--eval', script],
      (error, stdout) => (error === null ? resolve(stdout) : reject(error)),
    )
  })
  expect(output).toBe('answered\n')
})
