import { AuditLog, directoryTarget } from '@forgeone/audit'
import { systemClock, type ObservedCommit, type ObserverRow, type ObserverStore } from '@forgeone/common'
import { ed25519Signer } from '@forgeone/crypto'

const name = (key: Uint8Array): string => Buffer.from(key).toString('hex')

/** As much of a store as an export and receipts need. */
function memoryStore(): ObserverStore & { apply(rows: readonly ObserverRow[]): void } {
  const rows = new Map<string, Uint8Array>()
  const apply = (written: readonly ObserverRow[]): void => {
    for (const { key, value } of written) if (value !== undefined) rows.set(name(key), value)
  }
  return {
    apply,
    get: async (key) => rows.get(name(key)),
    getMany: async (keys) => keys.map((key) => rows.get(name(key))),
    // A fresh log asks for notes only, and has none.
    scan: async function* () {},
    write: async (written) => apply(written),
    caughtUp: async () => undefined,
  }
}

function commit(sequence: number): ObservedCommit {
  return {
    sequence,
    time: 1_767_225_600_000 + sequence,
    facts: { actor: 'system', action: 'events.append', resourceClass: 'events' },
    operations: [],
    nonce: new Uint8Array(16).fill(sequence),
  }
}

/** Exports a log of `size` commits, entries and all. */
export async function exportLog({
  directory,
  size,
}: {
  readonly directory: string
  readonly size: number
}): Promise<AuditLog> {
  const audit = new AuditLog({
    storeId: new Uint8Array(16),
    generation: new Uint8Array(8),
    signer: ed25519Signer(new Uint8Array(32).fill(1)),
    clock: systemClock,
  })
  const store = memoryStore()
  await audit.load(store, 0)
  store.apply(audit.observe(Array.from({ length: size }, (_, sequence) => commit(sequence))))
  await audit.exportTiles(directoryTarget(directory), { entries: 'full' })
  return audit
}
