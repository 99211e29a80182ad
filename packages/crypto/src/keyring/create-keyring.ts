import { assert, ForgeError, toHex, type Clock, type Random } from '@forgeone/common'
import { KEY_BYTES } from '../hash/hkdf.ts'
import type { KeyProvider } from '../provider/key-provider.ts'
import { KeyTable } from '../sealing/key-table.ts'
import { checkSuiteAllowed } from '../suite/allowed-suites.ts'
import { suiteByName } from '../suite/suite-table.ts'
import type { Suite, SuiteName } from '../suite/suite.ts'
import { KdfWork } from '../kdf/work-bound.ts'
import { commitmentOf } from './commitment.ts'
import { createKeyRecord, withUnwrapped } from './data-key.ts'
import { IndexKeys } from './index-keys.ts'
import { freshKeyId } from './key-id.ts'
import {
  INDEX_SCOPE,
  KEYRING_FORMAT,
  KEYRING_VERSION,
  STORE_ID_BYTES,
  type KeyringDocument,
} from './keyring-document.ts'
import type { KeyringFile } from './keyring-file.ts'
import { KeyringWriter } from './keyring-writer.ts'
import type { Keyring } from './keyring.ts'
import { MasterKey } from './master-key.ts'
import { createSlot } from './slot.ts'
import { UnlockedKeyring } from './unlocked-keyring.ts'
import { WRAP_SUITE_ID } from '../sealing/wrapping.ts'

/** Options of {@link createKeyring}. */
export interface CreateKeyringOptions {
  readonly file: KeyringFile
  readonly provider: KeyProvider
  /** 16 bytes. */
  readonly storeId: Uint8Array
  readonly suite: SuiteName
  readonly scopes: readonly string[]
  /** Seals a data key may make, when fewer than its suite allows. */
  readonly sealsMax?: number | undefined
  /** As of `OpenKeyringOptions`. */
  readonly allowedSuites?: readonly SuiteName[] | undefined
  readonly clock: Clock
  readonly random: Random
}

const FIRST_SLOT_ID = 1

/**
 * Creates the keyring of a new store: one slot, a master key, the index key and a data key per scope.
 * @throws STORE_EXISTS when a keyring is there, STORE_OPTION_INVALID, CRYPTO_SUITE_REFUSED, IO_FAILED, and what the provider throws
 */
export async function createKeyring(o: CreateKeyringOptions): Promise<Keyring> {
  assert(o.storeId.length === STORE_ID_BYTES, 'a store id has 16 bytes')
  checkSuiteAllowed({ suite: o.suite, allowed: o.allowedSuites, what: 'the new keyring' })
  if (o.provider.kind === 'open' && o.suite !== 'none') {
    throw new ForgeError('STORE_OPTION_INVALID', `a store without a secret cannot use ${o.suite}`)
  }
  const { primary, copy } = await o.file.read()
  // Overwriting a keyring would destroy every value of its store.
  if (primary !== undefined || copy !== undefined)
    throw new ForgeError('STORE_EXISTS', 'a keyring is already there')
  const root = o.random.bytes(KEY_BYTES)
  try {
    const master = { id: freshKeyId({ master: { id: 0, commit: '' }, keys: [] }, [], o.random), key: root }
    return await assemble(o, master)
  } finally {
    root.fill(0)
  }
}

async function assemble(
  o: CreateKeyringOptions,
  { id, key }: { id: number; key: Uint8Array },
): Promise<Keyring> {
  const { file, storeId, sealsMax, allowedSuites, clock, random } = o
  const suite = suiteByName(o.suite)
  const master = new MasterKey({ root: key, id, storeId })
  const document = await firstDocument(o, { id, key, suite, master })
  const table = new KeyTable()
  const writer = new KeyringWriter({ file, master, table, document })
  const index = withUnwrapped(document.keys[0]!, master, (root) => new IndexKeys({ root, storeId }))
  const openedSlot = FIRST_SLOT_ID
  const parts = {
    writer,
    table,
    index,
    damagedCopies: [],
    openedSlot,
    sealsMax,
    allowedSuites,
    clock,
    random,
  }
  const keyring = new UnlockedKeyring(parts)
  if (o.scopes.length > 0) await keyring.ensureScopes(o.scopes)
  else await writer.update()
  return keyring
}

async function firstDocument(
  o: CreateKeyringOptions,
  made: { id: number; key: Uint8Array; suite: Suite; master: MasterKey },
): Promise<KeyringDocument> {
  const { provider, storeId, random } = o
  const { id, key, suite, master } = made
  const created = o.clock.now()
  const slot = await createSlot({ id: FIRST_SLOT_ID, provider, storeId, master: key, created, random })
  new KdfWork().admit([slot.kdf])
  const masterRecord = { id, commit: commitmentOf({ key, kind: 'master', id, suite: WRAP_SUITE_ID }) }
  const indexId = freshKeyId({ master: masterRecord, keys: [] }, [], random)
  const place = { id: indexId, scope: INDEX_SCOPE, epoch: 1, state: 'primary' } as const
  const index = createKeyRecord({ ...place, suite, master, created, random })
  return {
    format: KEYRING_FORMAT,
    version: KEYRING_VERSION,
    storeId: toHex(storeId),
    // The first write raises it to 1.
    revision: 0,
    slots: [slot],
    master: masterRecord,
    keys: [index],
    shred: [],
  }
}
