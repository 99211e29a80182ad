import { ManualClock, systemRandom } from '@forgeone/common'
import { rawKeyProvider, type KeyProvider } from '@forgeone/crypto'
import { LocalStore, MemoryBackend, MemoryStoreFiles } from '@forgeone/engine'
import { Vault } from '../src/index.ts'

export const PROVIDER: KeyProvider = rawKeyProvider(new Uint8Array(32).fill(7))
export const DATABASE = 'vault'

/** A vault over a real store in memory, whose clock is the test's. */
export interface VaultHost {
  readonly clock: ManualClock
  readonly store: LocalStore
  readonly vault: Vault
  reopen(): Promise<VaultHost>
}

export async function openVault(
  o: { files?: MemoryStoreFiles; backend?: MemoryBackend; clock?: ManualClock; path?: string } = {},
): Promise<VaultHost> {
  const files = o.path === undefined ? (o.files ?? new MemoryStoreFiles()) : undefined
  const backend = o.path === undefined ? (o.backend ?? new MemoryBackend()) : undefined
  const clock = o.clock ?? new ManualClock()
  const { path } = o
  const store = await LocalStore.open({
    databases: [DATABASE],
    provider: PROVIDER,
    files,
    backend,
    path,
    clock,
  })
  const vault = Vault.over({
    store,
    database: DATABASE,
    shredKeys: () => store.shredKeys(),
    verifySecret: (provider) => store.keys.keyring.accepts(provider),
    clock,
    random: systemRandom,
  })
  return {
    clock,
    store,
    vault,
    reopen: async () => {
      vault.close()
      await store.close()
      const home = path === undefined ? { files: files!, backend: backend! } : { path }
      return await openVault({ ...home, clock })
    },
  }
}

/** The code of what a promise rejects with; `nothing` when it settles. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'nothing'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : `other: ${String(error)}`
  }
}
