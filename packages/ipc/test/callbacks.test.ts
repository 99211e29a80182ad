import { ForgeError } from '@forgeone/common'
import { expect, test } from 'vitest'
import { served } from './served.ts'
import { Secret, Shop, SHOP, Target } from './shop.ts'

async function shop() {
  const shop = new Shop()
  const { connect, server } = await served(shop, SHOP)
  const connection = await connect()
  return { shop, server, connection, face: connection.proxy<Shop>(SHOP) }
}

test('callbacks are called in order, and what they give goes back', async () => {
  const { face } = await shop()
  const seen: unknown[] = []
  const mapped = await face.map([1, 'b', { c: 3n }], async (value) => {
    seen.push(value)
    return [value]
  })
  expect(seen).toEqual([1, 'b', { c: 3n }])
  expect(mapped).toEqual([[1], ['b'], [{ c: 3n }]])
})

test('what a callback throws is thrown by the call: the very error', async () => {
  const { face } = await shop()
  class Mine extends Error {}
  const mine = new Mine('mine')
  const thrown = face.map([1], () => {
    throw mine
  })
  await expect(thrown).rejects.toBe(mine)
  const text = face.map([1], () => Promise.reject('text'))
  await expect(text).rejects.toBe('text')
})

test('what a callback gives must be plain data', async () => {
  const { face } = await shop()
  await expect(face.map([1], () => Symbol('x'))).rejects.toMatchObject({ code: 'IPC_VALUE_INVALID' })
})

test('a function where none is taken is refused before anything is sent', async () => {
  const { face, server } = await shop()
  await expect(face.echo(() => 1)).rejects.toMatchObject({ code: 'IPC_VALUE_INVALID' })
  await expect(face.echo({ deep: [() => 1] })).rejects.toMatchObject({ code: 'IPC_VALUE_INVALID' })
  await expect(face.map([() => 1], () => 1)).rejects.toMatchObject({ code: 'IPC_VALUE_INVALID' })
  expect(server.connections()[0]!.calls).toBe(0)
})

async function* lines(): AsyncGenerator<number> {
  for (let line = 0; line < 200; line++) yield line
}

test('progress is told; a listener that throws ends the work', async () => {
  const { face } = await shop()
  const told: number[] = []
  await face.importFrom(lines(), { onProgress: (seen) => told.push(seen) })
  expect(told).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
  const enough = new Error('enough')
  const stopped = face.importFrom(lines(), {
    onProgress: (seen) => {
      if (seen === 3) throw enough
    },
  })
  await expect(stopped).rejects.toBe(enough)
})

test('a transaction takes down what its callback says, waited for or not', async () => {
  const { face, shop: own } = await shop()
  const written = await face.transaction(async (tx) => {
    tx.log.append('a')
    await tx.log.append('b')
    tx.log.append('c')
  })
  expect(written).toEqual(['a', 'b', 'c'])
  expect(own.written).toEqual(['a', 'b', 'c'])
})

test('a transaction fails with what a call in it fails with, unless somebody has seen to that', async () => {
  const { face, shop: own } = await shop()
  const failed = face.transaction((tx) => {
    tx.log.append('a')
    tx.log.append('')
  })
  await expect(failed).rejects.toMatchObject({ code: 'STREAM_VALUE_INVALID' })
  const thrown = new Error('no')
  await expect(face.transaction(() => Promise.reject(thrown))).rejects.toBe(thrown)
  expect(own.written).toEqual([])
  await face.transaction(async (tx) => {
    tx.log.append('a')
    try {
      await tx.log.append('')
    } catch {
      tx.log.append('b')
    }
  })
  expect(own.written).toEqual(['a', 'b'])
})

test('a transaction is used no more when its callback has ended', async () => {
  const { face, server } = await shop()
  let kept: { readonly log: { append(text: string): void } } | undefined
  await face.transaction((tx) => {
    kept = tx
  })
  await expect(kept!.log.append('late')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  expect(server.connections()[0]!.liveObjects).toBe(0)
})

test('a signal goes along: aborted later, before, and with a reason of its own', async () => {
  const { face, shop: own } = await shop()
  const controller = new AbortController()
  const waiting = face.wait({ signal: controller.signal })
  await face.echo(1)
  const reason = { mine: () => 1 }
  controller.abort(reason)
  await expect(waiting).rejects.toBe(reason)
  await expect(face.wait({ signal: controller.signal })).rejects.toBe(reason)
  expect(own.log).toEqual(['aborted', 'aborted'])
  await expect(face.wait({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
})

test('what is of a class is made anew where the description says how, and refused elsewhere', async () => {
  const { face } = await shop()
  const secret = await face.secret()
  expect(secret).toBeInstanceOf(Secret)
  expect(secret.text()).toBe('hunter')
  await expect(face.echo(new Secret('x'))).rejects.toMatchObject({ code: 'IPC_VALUE_INVALID' })
})

test('an argument of a class goes where the description says how, with functions that are called back', async () => {
  const { face, shop: own } = await shop()
  own.written.push('ab', 'c')
  const written: string[] = []
  const target = new Target((text) => {
    written.push(text)
    return text.length
  })
  expect(await face.exportTo(target)).toBe(3)
  expect(written).toEqual(['ab', 'c'])
  // What is not made by it is refused there, as it would be here.
  const wrong = face.exportTo({} as Target)
  await expect(wrong).rejects.toMatchObject({ name: 'TypeError' })
})

test('an answer that cannot go is told, and the connection goes on', async () => {
  const own = { ...new Shop(), echo: () => new Secret('x') }
  const { connect } = await served(own, SHOP)
  const face = (await connect()).proxy<Shop>(SHOP)
  await expect(face.echo(1)).rejects.toMatchObject({ code: 'IPC_VALUE_INVALID' })
  await expect(face.echo(2)).rejects.toThrow(ForgeError)
})

test('a call that waits on a callback waits for no other call', async () => {
  const { face } = await shop()
  const inner = await face.map([1, 2, 3], async (value) => await face.echo(value))
  expect(inner).toEqual([1, 2, 3])
})
