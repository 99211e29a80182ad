import { ForgeError, type Random } from '@forgeone/common'
import { deriveKey, KEY_BYTES } from '../hash/hkdf.ts'
import type { SealingKey } from '../sealing/key-table.ts'
import { SealBudget, type Reservations } from '../sealing/seal-budget.ts'
import { suiteById } from '../suite/suite-table.ts'
import type { Suite, SuiteName } from '../suite/suite.ts'
import { commitmentOf, fitsCommitment } from './commitment.ts'
import type { KeyRecord, KeyState } from './keyring-document.ts'
import type { MasterKey } from './master-key.ts'

/** The readable part of a key: no key material. */
export interface KeyInfo {
  readonly scope: string
  readonly id: number
  readonly epoch: number
  readonly suite: SuiteName
  readonly state: KeyState
  readonly createdMs: number
  readonly sealsReserved: number
}

/** The scope whose values are journal frames; it has a purpose key of its own. */
const JOURNAL_SCOPE = 'journal'

const FIRST_EPOCH = 1

/** Makes a random key and its record. The record is only useful once the keyring that holds it is durable. */
export function createKeyRecord(o: {
  readonly id: number
  readonly scope: string
  readonly suite: Suite
  readonly master: MasterKey
  readonly created: number
  readonly random: Random
}): KeyRecord {
  const { id, scope, suite, created, random } = o
  const key = random.bytes(KEY_BYTES)
  try {
    const commit = commitmentOf({ key, kind: 'data', id, suite: suite.id })
    const wrapped = o.master.wrapping.wrap({ id, key, random })
    const place = { id, scope, epoch: FIRST_EPOCH, suite: suite.id }
    return { ...place, state: 'primary', created, sealsReserved: 0, commit, wrapped }
  } finally {
    key.fill(0)
  }
}

/**
 * Unwraps a key and hands it to `use`, then wipes it.
 * @throws KEYRING_DAMAGED
 */
export function withUnwrapped<T>(record: KeyRecord, master: MasterKey, use: (key: Uint8Array) => T): T {
  const key = master.wrapping.unwrap(record)
  try {
    if (key === undefined || !fitsCommitment({ ...record, key, kind: 'data' }, record.commit)) {
      throw new ForgeError('KEYRING_DAMAGED', `key ${record.id} of ${record.scope} does not open`)
    }
    return use(key)
  } finally {
    key?.fill(0)
  }
}

/** True for keys that may still open values. */
export function isUsable({ state }: KeyRecord): boolean {
  return state === 'primary' || state === 'decrypt-only'
}

/**
 * Makes a data key ready for sealing.
 * @throws KEYRING_DAMAGED
 */
export async function loadDataKey(o: {
  readonly record: KeyRecord
  readonly master: MasterKey
  readonly reservations: Reservations
}): Promise<SealingKey> {
  const { record, master, reservations } = o
  const { id, scope, sealsReserved: reserved } = record
  const purpose = scope === JOURNAL_SCOPE ? 'journal' : 'seal'
  const suite = suiteById(record.suite)!
  const key = withUnwrapped(record, master, (root) =>
    deriveKey({ key: root, storeId: master.storeId, purpose }),
  )
  try {
    const cipher = await suite.createKey(key)
    const { sealsMax: max } = suite
    const budget = max === undefined ? undefined : new SealBudget({ max, keyId: id, reserved, reservations })
    return { id, scope, primary: record.state === 'primary', suite, cipher, budget }
  } finally {
    key.fill(0)
  }
}

/** The readable part of a key record. */
export function keyInfo({ scope, id, epoch, suite, state, created, sealsReserved }: KeyRecord): KeyInfo {
  return { scope, id, epoch, suite: suiteById(suite)!.name, state, createdMs: created, sealsReserved }
}
