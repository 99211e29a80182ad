/** A disk that others fill: a store refuses writes while it can, makes durable what it has, and goes on when there is room. */
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, statfs, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { isForgeError } from '@forgeone/common'
import { expect, test } from 'vitest'
import { LocalStore } from '../src/index.ts'
import { DATABASES, FACTS, put, testProvider } from './model.ts'

const DISK_MIB = 24
const canMount = process.platform === 'linux' && process.getuid?.() === 0

async function freeBytes(disk: string): Promise<number> {
  const { bavail, bsize } = await statfs(disk)
  return bavail * bsize
}

const codeOf = (error: unknown): string => (isForgeError(error) ? error.code : String(error))

/** Does it over and over while the outcome begins so, and gives the first other one. */
async function outcomeAfter(act: () => Promise<string>, beginning: string): Promise<string> {
  for (;;) {
    const outcome = await act()
    if (!outcome.startsWith(beginning)) return outcome
    await setTimeout(1)
  }
}

test.skipIf(!canMount).each([
  ['a write', 5_000_000],
  ['a flush point', 5_000_000],
  ['a write, then a flush point', 5_000_000],
  ['a flush point', 300_000],
] as const)(
  '%s with %i bytes left on the disk fails nothing for good (needs the right to mount)',
  async (order, left) => {
    const disk = await mkdtemp(join(tmpdir(), 'forge-full-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', disk])
    try {
      const path = join(disk, 'store')
      await mkdir(path)
      const options = {
        path,
        databases: DATABASES,
        provider: testProvider(),
        stateScopes: [{ database: 'alpha' }],
      }
      const store = await LocalStore.open(options)
      let written = 0
      const write = async (): Promise<string> =>
        await store
          .commit(() => ({ facts: FACTS, operations: [put('alpha', `row ${written}`, 'x'.repeat(1000))] }))
          .then(() => `written ${++written}`, codeOf)
      const flush = async (): Promise<string> => await store.flush().then(() => 'flushed', codeOf)
      expect(await write()).toBe('written 1')
      await writeFile(join(disk, 'ballast'), new Uint8Array((await freeBytes(disk)) - left))
      // The disk is asked once a second.
      if (order !== 'a flush point') expect(await outcomeAfter(write, 'written')).toBe('STORAGE_FULL')
      if (order !== 'a write') expect(await flush()).toBe(left > 1_000_000 ? 'flushed' : 'STORAGE_FULL')
      expect(store.health().reasons.map(({ code }) => code)).not.toContain('STORE_FAILED')
      await unlink(join(disk, 'ballast'))
      expect(await outcomeAfter(write, 'STORAGE_FULL')).toMatch('written')
      expect(await flush()).toBe('flushed')
      await store.close()
      const again = await LocalStore.open(options)
      expect(await again.get('alpha', put('alpha', `row ${written - 1}`, '').key)).toHaveLength(1000)
      await again.close()
    } finally {
      // Lazily: where the test failed, the store is open still.
      execFileSync('umount', ['-l', disk])
      await rm(disk, { recursive: true })
    }
  },
)

test('a store over its quota takes a flush point, which gives room back, and goes on', async () => {
  const path = await mkdtemp(join(tmpdir(), 'forge-quota-'))
  const options = { databases: DATABASES, provider: testProvider(), stateScopes: [{ database: 'alpha' }] }
  const store = await LocalStore.open({ ...options, path, maxBytes: 3_000_000 })
  let written = 0
  const write = async (): Promise<string> =>
    await store
      .commit(() => ({ facts: FACTS, operations: [put('alpha', `row ${written++}`, 'x'.repeat(20_000))] }), {
        privileged: true,
      })
      .then(() => 'written', codeOf)
  expect(await outcomeAfter(write, 'written')).toBe('QUOTA_EXCEEDED')
  await store.flush()
  expect(store.health().reasons.map(({ code }) => code)).not.toContain('STORE_FAILED')
  await store.close()
  await rm(path, { recursive: true })
})
