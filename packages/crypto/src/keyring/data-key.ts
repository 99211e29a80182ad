import { assert, ForgeError, type Random, isPromise } from '@forgeone/common'
import { deriveKey, KEY_BYTES } from '../hash/hkdf.ts'
import type { SealingKey } from '../sealing/key-table.ts'
import { SealBudget, type Reservations } from '../sealing/seal-budget.ts'
import { suiteById } from '../suite/suite-table.ts'
import type { Suite, SuiteKey, SuiteName } from '../suite/suite.ts'
import { commitmentOf, fitsCommitment } from './commitment.ts'
import { INDEX_SCOPE, type KeyRecord, type KeyState } from './keyring-document.ts'
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

/** The scope whose key is an Ed25519 seed: it signs and never seals. */
export const SIGNING_SCOPE = 'audit-signing'

/** Makes a random key and its record. The record is only useful once the keyring that holds it is durable. */
export function createKeyRecord(o: {
  readonly id: number
  readonly scope: string
  /** 1 for the first key of a scope. */
  readonly epoch: number
  readonly state: 'pending' | 'primary'
  readonly suite: Suite
  readonly master: MasterKey
  readonly created: number
  readonly random: Random
}): KeyRecord {
  const { id, scope, epoch, state, suite, created, random } = o
  const key = random.bytes(KEY_BYTES)
  try {
    const commit = commitmentOf({ key, kind: 'data', id, suite: suite.id })
    const wrapped = o.master.wrapping.wrap({ id, key, random })
    return { id, scope, epoch, suite: suite.id, state, created, sealsReserved: 0, commit, wrapped }
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

/** True for keys that may still open values; a pending one may have sealed before a crash kept its promotion from disk. */
export function isUsable({ state }: KeyRecord): boolean {
  return state !== 'destroyed'
}

/** True for scopes whose keys seal. */
export function isSealing({ scope }: Pick<KeyRecord, 'scope'>): boolean {
  return scope !== INDEX_SCOPE && scope !== SIGNING_SCOPE
}

interface LoadDataKey {
  readonly record: KeyRecord
  readonly master: MasterKey
  readonly reservations: Reservations
  /** A lower limit of seals than the suite's own. */
  readonly sealsMax: number | undefined
}

/**
 * Makes a data key ready for sealing.
 * @throws KEYRING_DAMAGED
 */
export async function loadDataKey(o: LoadDataKey): Promise<SealingKey> {
  const key = purposeKey(o)
  try {
    return assemble(o, await suiteById(o.record.suite)!.createKey(key))
  } finally {
    key.fill(0)
  }
}

/** The same for the suites whose keys are ready at once: all whose seals are counted. */
export function loadDataKeyNow(o: LoadDataKey): SealingKey {
  const key = purposeKey(o)
  try {
    const cipher = suiteById(o.record.suite)!.createKey(key)
    assert(!isPromise(cipher), 'a suite that counts its seals is synchronous')
    return assemble(o, cipher)
  } finally {
    key.fill(0)
  }
}

function purposeKey({ record, master }: LoadDataKey): Uint8Array {
  const purpose = record.scope === JOURNAL_SCOPE ? 'journal' : 'seal'
  const { storeId } = master
  return withUnwrapped(record, master, (root) => deriveKey({ key: root, storeId, purpose }))
}

function assemble({ record, reservations, sealsMax }: LoadDataKey, cipher: SuiteKey): SealingKey {
  const { id, scope, sealsReserved: reserved } = record
  const suite = suiteById(record.suite)!
  const max = suite.sealsMax === undefined ? undefined : Math.min(suite.sealsMax, sealsMax ?? suite.sealsMax)
  const budget = max === undefined ? undefined : new SealBudget({ max, keyId: id, reserved, reservations })
  return { id, scope, primary: record.state === 'primary', suite, cipher, budget }
}

/** The readable part of a key record. */
export function keyInfo({ scope, id, epoch, suite, state, created, sealsReserved }: KeyRecord): KeyInfo {
  return { scope, id, epoch, suite: suiteById(suite)!.name, state, createdMs: created, sealsReserved }
}
