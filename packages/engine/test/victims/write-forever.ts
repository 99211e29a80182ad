// Run by the kill tests in a process of its own: opens a store and commits until it is killed. One line per event on
// standard output, written synchronously, so that the rig outside knows what was tried and what was acknowledged.

import { writeSync } from 'node:fs'
import { utf8Encode } from '@forgeone/common'
import { rawKeyProvider } from '@forgeone/crypto'
import { LocalStore, type Operation } from '../../src/index.ts'
import { DATABASES, DELETE_AFTER, plannedRows } from './protocol.ts'

const [path, first, durability] = process.argv.slice(2)
const say = (line: string): void => void writeSync(1, `${line}\n`)

say('opening')
const store = await LocalStore.open({
  path: path!,
  databases: DATABASES,
  provider: rawKeyProvider(new Uint8Array(32).fill(7)),
  flushPointBytes: 200_000,
})
say('open')

let next = Number(first)
async function writer(): Promise<void> {
  for (;;) {
    const number = next++
    const operations: Operation[] = plannedRows(number).map(({ database, key, value }) => {
      return { type: 'put', database, key: utf8Encode(key), value: utf8Encode(value) }
    })
    if (number > DELETE_AFTER) {
      const key = utf8Encode(`n/${String(number - DELETE_AFTER).padStart(9, '0')}`)
      operations.push({ type: 'delete', database: 'beta', key })
    }
    say(`intent ${number}`)
    const facts = { actor: 'system', action: 'test.write', resourceClass: 'test' }
    await store.commit(() => ({ facts, operations }), {
      durability: durability === 'relaxed' ? 'relaxed' : 'sync',
    })
    say(`ack ${number}`)
  }
}
await Promise.all([writer(), writer(), writer(), writer()])
