import {
  assert,
  equalBytes,
  ForgeError,
  isForgeError,
  toHex,
  type Clock,
  type ErrorCode,
  type Random,
} from '@forgeone/common'
import type { KeyProvider } from '../provider/key-provider.ts'
import { KeyTable } from '../sealing/key-table.ts'
import { checkSuiteAllowed } from '../suite/allowed-suites.ts'
import { suiteById } from '../suite/suite-table.ts'
import type { SuiteName } from '../suite/suite.ts'
import { isSealing, isUsable, loadDataKey, withUnwrapped } from './data-key.ts'
import { IndexKeys } from './index-keys.ts'
import { candidatesOf, damagedAmong, readCopies, type KeyringCopy } from './keyring-copies.ts'
import { INDEX_SCOPE, STORE_ID_BYTES, type KeyringDocument } from './keyring-document.ts'
import type { CopyName, KeyringFile } from './keyring-file.ts'
import type { ParsedKeyring } from './keyring-text.ts'
import { KeyringWriter } from './keyring-writer.ts'
import type { Keyring } from './keyring.ts'
import { MasterKey } from './master-key.ts'
import { RememberedSlots } from './remembered-slots.ts'
import { unlockMaster, type UnlockSlot } from './slot.ts'
import { UnlockedKeyring } from './unlocked-keyring.ts'

/** Options of {@link openKeyring}. */
export interface OpenKeyringOptions {
  readonly file: KeyringFile
  readonly provider: KeyProvider
  /** 16 bytes. */
  readonly storeId: Uint8Array
  readonly clock: Clock
  readonly random: Random
  /** Seals a data key may make, when fewer than its suite allows. */
  readonly sealsMax?: number | undefined
  /**
   * Suites to rely on; a keyring with a data key of another is refused, and so are shred keys without `xchacha20-poly1305`.
   * Default: all.
   */
  readonly allowedSuites?: readonly SuiteName[] | undefined
  /** False leaves a damaged or outdated copy as it is. Default true. */
  readonly repair?: boolean
}

/** Failures that concern one copy, the most telling first; anything else ends the opening at once. */
const COPY_FAILURES: readonly ErrorCode[] = [
  'KEYRING_DAMAGED',
  'KDF_TOO_COSTLY',
  'KDF_TOO_WEAK',
  'KEY_SECRET_MISSING',
  'KEY_SECRET_WRONG',
]

/**
 * Opens a keyring from the sound copy of the higher revision and repairs the other. It writes nothing else: seals are
 * reserved at the first seal.
 * @throws KEYRING_MISSING, KEYRING_DAMAGED, KEYRING_VERSION, KEY_SECRET_WRONG, KEY_SECRET_MISSING, KDF_TOO_WEAK,
 * KDF_TOO_COSTLY, CRYPTO_SUITE_REFUSED, IO_FAILED, and what the provider throws
 */
export async function openKeyring(o: OpenKeyringOptions): Promise<Keyring> {
  assert(o.storeId.length === STORE_ID_BYTES, 'a store id has 16 bytes')
  const copies = readCopies(await o.file.read())
  const candidates = candidatesOf(copies)
  if (candidates.length === 0) throw nothingToOpen(copies)
  const slots = new RememberedSlots(o.provider)
  try {
    const { document, master, openedSlot } = await openFirst(candidates, o, slots)
    checkSuites(document, o.allowedSuites)
    const damagedCopies = damagedAmong(copies, master)
    const keyring = await load(o, { document, master, openedSlot, damagedCopies })
    if (o.repair !== false) await repair(o.file, copies, master.encode(document))
    return keyring
  } finally {
    slots.wipe()
  }
}

interface OpenedMaster {
  readonly document: KeyringDocument
  readonly master: MasterKey
  readonly openedSlot: number
}

async function openFirst(
  candidates: readonly ParsedKeyring[],
  o: OpenKeyringOptions,
  slots: RememberedSlots,
): Promise<OpenedMaster> {
  const failures: ForgeError[] = []
  for (const candidate of candidates) {
    try {
      slots.admit(candidate.document.slots)
      return await openOne(candidate, o, (slot) => slots.unlock(slot))
    } catch (error) {
      if (!isForgeError(error, ...COPY_FAILURES)) throw error
      failures.push(error)
    }
  }
  throw failures.sort((left, right) => rank(left) - rank(right))[0]!
}

function rank({ code }: ForgeError): number {
  return COPY_FAILURES.indexOf(code)
}

async function openOne(
  candidate: ParsedKeyring,
  o: OpenKeyringOptions,
  unlock: UnlockSlot,
): Promise<OpenedMaster> {
  const { document } = candidate
  const { storeId } = o
  if (document.storeId !== toHex(storeId)) {
    throw new ForgeError('KEYRING_DAMAGED', 'the keyring belongs to another store')
  }
  const { root, slot: openedSlot } = await unlockMaster({ document, storeId, kind: o.provider.kind, unlock })
  try {
    const master = new MasterKey({ root, id: document.master.id, storeId })
    if (!master.isAuthentic(candidate)) {
      throw new ForgeError('KEYRING_DAMAGED', 'the secret is right but the keyring is not authentic')
    }
    return { document, master, openedSlot }
  } finally {
    root.fill(0)
  }
}

async function load(
  o: OpenKeyringOptions,
  opened: OpenedMaster & { readonly damagedCopies: readonly CopyName[] },
): Promise<Keyring> {
  const { document, master, openedSlot, damagedCopies } = opened
  const { file, storeId, sealsMax, allowedSuites, clock, random } = o
  const table = new KeyTable()
  const writer = new KeyringWriter({ file, master, table, document })
  const usable = document.keys.filter(isUsable)
  const dataKeys = usable.filter(isSealing)
  const loaded = await Promise.all(
    dataKeys.map((record) => loadDataKey({ record, master, reservations: writer, sealsMax })),
  )
  for (const key of loaded) table.add(key)
  for (const { id, state } of document.keys) if (state === 'destroyed') table.destroy(id)
  const indexRecord = usable.find((record) => record.scope === INDEX_SCOPE && record.state === 'primary')!
  const index = withUnwrapped(indexRecord, master, (root) => new IndexKeys({ root, storeId }))
  const parts = { writer, table, index, damagedCopies, openedSlot, sealsMax, allowedSuites, clock, random }
  return new UnlockedKeyring(parts)
}

/** Those of destroyed keys seal nothing; index and signing keys never do. */
function checkSuites({ keys }: KeyringDocument, allowed: readonly SuiteName[] | undefined): void {
  for (const record of keys.filter((key) => isUsable(key) && isSealing(key))) {
    const { name } = suiteById(record.suite)!
    checkSuiteAllowed({ suite: name, allowed, what: `what key ${record.id} of ${record.scope} sealed` })
  }
}

async function repair(file: KeyringFile, copies: readonly KeyringCopy[], bytes: Uint8Array): Promise<void> {
  if (copies.every((copy) => copy.bytes !== undefined && equalBytes(copy.bytes, bytes))) return
  try {
    await file.replace(bytes)
  } catch (error) {
    // A full disk must not keep a store from being read; `damagedCopies` goes on naming the copy.
    if (!isForgeError(error, 'IO_FAILED')) throw error
  }
}

function nothingToOpen(copies: readonly KeyringCopy[]): ForgeError {
  const failures = copies.flatMap(({ failure }) => failure ?? [])
  return (
    failures.find(({ code }) => code === 'KEYRING_VERSION') ??
    failures[0] ??
    new ForgeError('KEYRING_MISSING', 'neither `keyring` nor `keyring.copy` is there')
  )
}
