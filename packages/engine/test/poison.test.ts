import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ForgeError, systemClock, utf8Decode, utf8Encode } from '@forgeone/common'
import { afterAll, expect, test } from 'vitest'
import { LocalStore, verifyStore, type Operation } from '../src/index.ts'
import { SimulatedMachine } from '../src/testing/index.ts'
import { DATABASES, FACTS, put, readRows, testProvider } from './model.ts'

const folder = mkdtempSync(join(tmpdir(), 'forge-poison-'))
afterAll(() => rmSync(folder, { recursive: true }))
const write = (store: LocalStore, ...operations: Operation[]): Promise<unknown> =>
  store.commit(() => ({ facts: FACTS, operations }))
const openOn = ({ files, backend }: SimulatedMachine): Promise<LocalStore> =>
  LocalStore.open({ databases: DATABASES, provider: testProvider(), files, backend })

test('after a failed write commits fail with their outcome, reads go on, and reopening recovers', async () => {
  const machine = new SimulatedMachine()
  const store = await openOn(machine)
  await write(store, put('alpha', 'k', 'acknowledged'))
  // Reading all rows waits until LevelDB has them; after the cut it could not take them any more.
  await readRows(store)
  machine.power.cut()
  const begun = write(store, put('alpha', 'k', 'begun'))
  await expect(begun).rejects.toMatchObject({ code: 'STORE_FAILED', details: { outcome: 'unknown' } })
  await expect(write(store, put('alpha', 'k', 'later'))).rejects.toMatchObject({
    code: 'STORE_FAILED',
    details: { outcome: 'none' },
  })
  expect(store.health()).toMatchObject({ state: 'readonly', reasons: [{ code: 'STORE_FAILED' }] })
  expect(utf8Decode((await store.get('alpha', utf8Encode('k')))!)).toBe('acknowledged')
  expect(await readRows(store)).toEqual(new Map([['alpha/k', 'acknowledged']]))
  await expect(store.flush()).rejects.toMatchObject({ code: 'STORE_FAILED' })
  await store.close()
  const again = await openOn(machine.restart({ kind: 'keep' }))
  expect(['acknowledged', 'begun']).toContain(utf8Decode((await again.get('alpha', utf8Encode('k')))!))
  await write(again, put('alpha', 'k', 'after'))
  await again.close()
})

test('while writes are refused reads and flush points go on, what was submitted is written, and closing commits nothing', async () => {
  const machine = new SimulatedMachine()
  const store = await openOn(machine)
  const submitted = write(store, put('alpha', 'k', 'before'))
  const reason = new ForgeError('AUDIT_ROLLBACK', 'an anchor knows another history')
  store.refuseWrites(reason)
  await submitted
  await expect(write(store, put('alpha', 'k', 'refused'))).rejects.toMatchObject({
    code: 'AUDIT_ROLLBACK',
    details: { outcome: 'none' },
  })
  await expect(store.keys.rotate(['alpha'])).rejects.toMatchObject({ code: 'AUDIT_ROLLBACK' })
  expect(store.health()).toMatchObject({ state: 'readonly', reasons: [{ code: 'AUDIT_ROLLBACK' }] })
  expect(await readRows(store)).toEqual(new Map([['alpha/k', 'before']]))
  await store.flush()
  store.refuseWrites(undefined)
  expect(store.health()).toMatchObject({ state: 'healthy', reasons: [] })
  await write(store, put('alpha', 'k', 'after'))
  store.refuseWrites(reason)
  const { sequence } = store
  await store.close()
  const again = await openOn(machine)
  expect(again.recovery).toMatchObject({ cleanClose: true, commitsReplayed: 0 })
  expect(again.sequence).toBe(sequence)
  expect(await readRows(again)).toEqual(new Map([['alpha/k', 'after']]))
  await again.close()
})

test('commits that waited behind the failed one fail too, none of them hangs', async () => {
  const machine = new SimulatedMachine()
  const store = await openOn(machine)
  machine.power.cut()
  const outcomes = await Promise.allSettled(
    Array.from({ length: 100 }, (_, index) => write(store, put('alpha', `k${index}`, 'x'.repeat(100_000)))),
  )
  expect(
    new Set(
      outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : 'acknowledged')),
    ),
  ).toEqual(new Set(['STORE_FAILED']))
  const kinds = new Set(
    outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.details.outcome : '')),
  )
  expect(kinds).toEqual(new Set(['unknown', 'none']))
  await store.close()
})

test('a failing LevelDB poisons, and a scan that would miss settled commits is refused', async () => {
  const machine = new SimulatedMachine()
  const store = await openOn(machine)
  await write(store, put('alpha', 'old', 'v'))
  await readRows(store)
  // The journal's frame gets through, the batch behind it does not.
  store.parts.online.get('alpha')!.level.hooks.prewrite.add(() => {
    throw new Error('no batch today')
  })
  await write(store, put('alpha', 'k', 'settled'))
  await expect(readRows(store)).rejects.toMatchObject({ code: 'STORE_FAILED' })
  expect(utf8Decode(store.getSync('alpha', utf8Encode('k'))!)).toBe('settled')
  await expect(write(store)).rejects.toMatchObject({ code: 'STORE_FAILED', details: { outcome: 'none' } })
  await store.close()
  const again = await openOn(machine.restart({ kind: 'drop' }))
  expect(await readRows(again)).toEqual(
    new Map([
      ['alpha/old', 'v'],
      ['alpha/k', 'settled'],
    ]),
  )
  await again.close()
})

test('a failure while opening or closing is typed, and the next open recovers', async () => {
  let machine = new SimulatedMachine()
  const store = await openOn(machine)
  await write(store, put('alpha', 'k', 'v'))
  machine = machine.restart({ kind: 'drop' }, 2)
  await store.close().catch(() => undefined)
  await expect(openOn(machine)).rejects.toMatchObject({
    code: expect.stringMatching(/^(IO_FAILED|STORE_FAILED)$/),
  })
  machine = machine.restart({ kind: 'drop' })
  const opened = await openOn(machine)
  machine.power.cut()
  await expect(opened.close()).rejects.toMatchObject({ code: 'STORE_FAILED' })
  await expect(opened.get('alpha', utf8Encode('k'))).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  const again = await openOn(machine.restart({ kind: 'drop' }))
  expect((await readRows(again)).size).toBe(1)
  await again.close()
})

test('the quota refuses before anything is written, and privileged commits may pass it a little', async () => {
  const path = join(folder, 'quota')
  const maxBytes = 2_000_000
  const store = await LocalStore.open({
    path,
    databases: DATABASES,
    provider: testProvider(),
    maxBytes,
    clock: systemClock,
  })
  let accepted = 0
  const full = async (): Promise<void> => {
    for (;;) {
      const operations = [put('alpha', `k${accepted}`, 'x'.repeat(50_000))]
      await store.commit(() => ({ facts: FACTS, operations }), { estimatedBytes: 50_000 })
      accepted++
    }
  }
  await expect(full()).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
  expect(accepted).toBeGreaterThan(5)
  expect(store.bytesOnDisk()).toBeLessThan(maxBytes * 1.01)
  await store.commit(
    () => ({ facts: FACTS, operations: [{ type: 'delete', database: 'alpha', key: utf8Encode('k0') }] }),
    { privileged: true, estimatedBytes: 100 },
  )
  expect((await readRows(store)).size).toBe(accepted - 1)
  await store.close()
})

function mountSmallDisk(path: string): string | undefined {
  mkdirSync(path)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', path], { stdio: 'pipe' })
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message.split('\n').at(-1) : 'mount failed'
  }
}

const small = join(folder, 'small')
const refusal = mountSmallDisk(small)
const notice = refusal === undefined ? '' : ` (skipped, no tmpfs: ${refusal})`

test.skipIf(refusal !== undefined)(
  `a full disk loses nothing that was acknowledged, and the store writes again when there is room${notice}`,
  async () => {
    try {
      const ballast = join(small, 'ballast')
      const o = {
        path: join(small, 'store'),
        databases: DATABASES,
        provider: testProvider(),
        flushPointBytes: 2_000_000,
      }
      for (const ballastBytes of [12_000_000, 17_000_000, 19_500_000]) {
        rmSync(o.path, { recursive: true, force: true })
        writeFileSync(ballast, new Uint8Array(ballastBytes))
        const store = await LocalStore.open(o)
        const acknowledged = new Map<string, string>()
        const failures: unknown[] = []
        for (let index = 0; failures.length === 0; index++) {
          const value = `${index}.${'x'.repeat(60_000)}`
          const group = DATABASES.map((name) => put(name, `k${index}`, value))
          await write(store, ...group).then(
            () => DATABASES.forEach((name) => acknowledged.set(`${name}/k${index}`, value)),
            (error: unknown) => void failures.push(error),
          )
        }
        expect(failures[0]).toMatchObject({ code: expect.stringMatching(/^(STORAGE_FULL|STORE_FAILED)$/) })
        for (const [place, value] of acknowledged) {
          const [database, key] = place.split('/') as [string, string]
          expect(utf8Decode((await store.get(database, utf8Encode(key)))!)).toBe(value)
        }
        await store.close().catch((error: unknown) => expect(error).toMatchObject({ code: 'STORE_FAILED' }))
        rmSync(ballast)
        const again = await LocalStore.open(o)
        const rows = await readRows(again)
        for (const [place, value] of acknowledged) expect(rows.get(place) === value, place).toBe(true)
        expect((await verifyStore(again)).problems).toEqual([])
        await write(again, put('alpha', 'after', 'room'))
        await again.close()
      }
    } finally {
      execFileSync('umount', [small])
    }
  },
)
