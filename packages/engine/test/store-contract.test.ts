import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rawKeyProvider } from '@forgeone/crypto'
import { afterAll, describe, test } from 'vitest'
import { LocalStore, MemoryBackend, MemoryStoreFiles } from '../src/index.ts'
import {
  CONTRACT_DATABASES,
  DistantRows,
  DistantStore,
  runStoreContract,
  SimulatedMachine,
} from '../src/testing/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'forge-contract-'))
afterAll(() => rmSync(folder, { recursive: true }))

const base = { databases: CONTRACT_DATABASES, provider: rawKeyProvider(new Uint8Array(32).fill(7)) }
let next = 0

runStoreContract({ describe, test }, 'LocalStore on disk', () =>
  LocalStore.open({ ...base, path: join(folder, `s${next++}`) }),
)
runStoreContract({ describe, test }, 'LocalStore in memory', () =>
  LocalStore.open({ ...base, files: new MemoryStoreFiles(), backend: new MemoryBackend() }),
)
runStoreContract({ describe, test }, 'LocalStore on a simulated machine', () => {
  const { files, backend } = new SimulatedMachine()
  return LocalStore.open({ ...base, files, backend })
})
runStoreContract(
  { describe, test },
  'DistantStore',
  () => Promise.resolve(new DistantStore({ rows: new DistantRows(CONTRACT_DATABASES) })),
  { synchronousReads: false },
)
