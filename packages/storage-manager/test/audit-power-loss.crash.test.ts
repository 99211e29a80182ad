import { AuditLog, compareWithAnchor } from '@forgeone/audit'
import { fromHex, ManualClock, SeededRandom, utf8Encode } from '@forgeone/common'
import { rawKeyProvider, SIGNING_SCOPE } from '@forgeone/crypto'
import { LocalStore } from '@forgeone/engine'
import { Power, SimulatedMachine, type CutStyle } from '@forgeone/engine/testing'
import { afterAll, expect, inject, test } from 'vitest'

const LONG_TIER = inject('isLongTier')
const FACTS = { actor: 'app', action: 'test.write', resourceClass: 'test' }

let states = 0
afterAll(() => console.log(`power-loss states of the audit log checked: ${states}`))

interface Opened {
  readonly store: LocalStore
  readonly audit: AuditLog
}

async function open({ files, backend }: SimulatedMachine): Promise<Opened> {
  const clock = new ManualClock()
  let audit: AuditLog | undefined
  const store = await LocalStore.open({
    databases: ['rows', 'audit'],
    provider: rawKeyProvider(new Uint8Array(32).fill(7)),
    files,
    backend,
    clock,
    flushPointBytes: 20_000,
    observer: {
      database: 'audit',
      async create({ storeId, generation, keyring }) {
        await keyring.ensureScopes([SIGNING_SCOPE])
        // No wait between two signatures: the clock of a simulation stands still.
        const timer = { every: () => () => undefined, pause: () => Promise.resolve() }
        const [signer] = keyring.signers()
        audit = new AuditLog({ storeId, generation: fromHex(generation)!, signer, clock, timer })
        return audit
      },
    },
  })
  return { store, audit: audit! }
}

/** Commits, flush points, notes that leave the process, and clean closes. Stops where the power goes. */
async function history(machine: SimulatedMachine, notes: string[]): Promise<void> {
  try {
    for (let round = 0; round < 3; round++) {
      const { store, audit } = await open(machine)
      audit.start()
      for (let index = 0; index < 40; index++) {
        const key = utf8Encode(`${round}.${index % 7}`)
        const value = new Uint8Array((index * 977) % 2000)
        const durability = index % 5 === 4 ? 'relaxed' : 'sync'
        await store.commit(
          () => ({ facts: FACTS, operations: [{ type: 'put', database: 'rows', key, value }] }),
          { durability },
        )
        if (index % 9 === 3) notes.push(await audit.checkpoint())
        if (index === 25) await store.flush()
      }
      await store.close()
      if (machine.power.gone) return
    }
  } catch {
    // The power went out.
  }
}

test('a power cut at any sync point loses nothing that was signed, and the log goes on from it', async () => {
  const whole = new SimulatedMachine()
  await history(whole, [])
  const creation = new SimulatedMachine()
  await open(creation)
  const step = LONG_TIER ? 1 : 3
  for (let cutAt = creation.power.points; cutAt < whole.power.points; cutAt += step) {
    const notes: string[] = []
    const before = new SimulatedMachine({ power: new Power(cutAt) })
    await history(before, notes)
    const torn: CutStyle = { kind: 'torn', random: new SeededRandom(cutAt), blockBytes: 512 }
    const style = [{ kind: 'drop' } as const, { kind: 'keep' } as const, torn][cutAt % 3]!
    const machine = before.restart(style)
    const where = `cut at sync point ${cutAt}, ${style.kind}`
    const { store, audit } = await open(machine)
    expect(store.offlineDatabases, where).toEqual([])
    expect(audit.divergence, where).toBeUndefined()
    expect(audit.size, where).toBe(store.sequence + 1)
    for (const note of notes) expect(await compareWithAnchor(audit, note), where).toBeGreaterThan(0)
    const next = await audit.checkpoint()
    expect(await compareWithAnchor(audit, next), where).toBe(store.sequence + 1)
    await store.close()
    states++
  }
})
