import { ManualClock } from '@forgeone/common'
import { rawKeyProvider } from '@forgeone/crypto'
import { LocalStore } from '@forgeone/engine'
import { SimulatedMachine } from '@forgeone/engine/testing'
import { collectEvidence, evidenceJson } from '@forgeone/evidence'
import { expect, test } from 'vitest'
import { AuditSource } from '../src/audit/audit-source.ts'

const COMMIT = { facts: { actor: 'app', action: 'test.write', resourceClass: 'test' }, operations: [] }

async function open(
  { files, backend }: SimulatedMachine,
  clock: ManualClock,
): Promise<{ readonly store: LocalStore; readonly source: AuditSource }> {
  const source = new AuditSource({ clock, logger: undefined })
  const store = await LocalStore.open({
    databases: ['rows', 'audit'],
    provider: rawKeyProvider(new Uint8Array(32).fill(7)),
    files,
    backend,
    clock,
    observer: source,
  })
  return { store, source }
}

test('a leaf tells how far the clock had stepped back, the same live and after a crash', async () => {
  const clock = new ManualClock()
  const machine = new SimulatedMachine()
  const before = await open(machine, clock)
  const time = clock.now()
  for (const step of [0, -5000, 2000, 3000, 1000]) {
    clock.advance(step)
    await before.store.commit(() => COMMIT)
  }
  const entries = await Array.fromAsync(before.source.log!.query())
  expect(entries.map(({ facts }) => [facts.time - time, facts.backMs])).toEqual([
    [0, undefined],
    [0, undefined],
    [0, 5000],
    [0, 3000],
    [0, undefined],
    [1000, undefined],
  ])
  expect(entries[2]!.leaf).toContain(`"at":${time},"back":5000,"cnt"`)
  const restarted = machine.restart({ kind: 'drop' })
  const after = await open(restarted, clock)
  expect(await Array.fromAsync(after.source.log!.query())).toEqual(entries)
  clock.advance(-10_000)
  await after.store.close()
  const last = await open(restarted.restart({ kind: 'drop' }), clock)
  const closed = await Array.fromAsync(last.source.log!.query({ act: 'store.closed' }))
  expect(closed.map(({ facts }) => facts.backMs)).toEqual([10_000])

  const monitoring = collectEvidence(entries).find(({ id }) => id === 'monitoring')!
  expect(JSON.parse(evidenceJson(monitoring))).toMatchObject({
    state: 'evidence-present',
    clock: { commits: 2, maximumMs: 5000, sumMs: 8000 },
  })
  for (const evidence of collectEvidence(entries.slice(0, 2)))
    expect(JSON.parse(evidenceJson(evidence))).not.toHaveProperty('clock')
  await last.store.close()
})
