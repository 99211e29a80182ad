import { ManualClock } from '@forgeone/common'
import { rawKeyProvider } from '@forgeone/crypto'
import { LocalStore, MemoryBackend, MemoryStoreFiles } from '@forgeone/engine'
import { expect, test } from 'vitest'
import { DenialLog } from '../src/access/denial-log.ts'

const DENIAL = { who: 'p_0', action: 'data.write', resource: 'events/orders', rule: 'default' }

test('equal refusals of a second are one commit at once, and one with their count when the second ends', async () => {
  const clock = new ManualClock()
  await using store = await LocalStore.open({
    databases: ['system'],
    provider: rawKeyProvider(new Uint8Array(32).fill(1)),
    files: new MemoryStoreFiles(),
    backend: new MemoryBackend(),
    clock,
  })
  let end: (() => void) | undefined
  const timer = {
    every: (_ms: number, action: () => void) => {
      end = action
      return () => (end = undefined)
    },
  }
  const log = new DenialLog({ store, clock, timer })
  const before = store.sequence
  for (let count = 0; count < 50; count++) log.note(DENIAL)
  await store.flush()
  expect(store.sequence).toBe(before + 1)
  end?.()
  await store.flush()
  expect(store.sequence).toBe(before + 2)
  expect(end).toBeUndefined()
  clock.advance(1000)
  log.note(DENIAL)
  await log.close()
  expect(store.sequence).toBe(before + 3)
})
