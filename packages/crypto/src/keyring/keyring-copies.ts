import { equalBytes, ForgeError, isForgeError } from '@forgeone/common'
import type { CopyName, KeyringCopies } from './keyring-file.ts'
import { parseKeyring, type ParsedKeyring } from './keyring-text.ts'
import type { MasterKey } from './master-key.ts'

/** One of the two files as it was read. */
export interface KeyringCopy {
  readonly name: CopyName
  readonly bytes: Uint8Array | undefined
  /** Absent when there is no file or it cannot be parsed. */
  readonly parsed: ParsedKeyring | undefined
  readonly failure: ForgeError | undefined
}

/** Parses both files; neither can keep the other from being used. */
export function readCopies({ primary, copy }: KeyringCopies): readonly [KeyringCopy, KeyringCopy] {
  return [readCopy('keyring', primary), readCopy('keyring.copy', copy)]
}

function readCopy(name: CopyName, bytes: Uint8Array | undefined): KeyringCopy {
  if (bytes === undefined) return { name, bytes, parsed: undefined, failure: undefined }
  try {
    return { name, bytes, parsed: parseKeyring(bytes), failure: undefined }
  } catch (error) {
    if (!isForgeError(error)) throw error
    return { name, bytes, parsed: undefined, failure: error }
  }
}

/**
 * The copies worth opening, the higher revision first; equal ones count once. Of one revision the primary is not the older:
 * it is written first, and has reserved no less.
 */
export function candidatesOf([primary, copy]: readonly [KeyringCopy, KeyringCopy]): readonly ParsedKeyring[] {
  if (primary.parsed === undefined) return copy.parsed === undefined ? [] : [copy.parsed]
  if (copy.parsed === undefined || equalBytes(primary.bytes!, copy.bytes!)) return [primary.parsed]
  const newerCopy = copy.parsed.document.revision > primary.parsed.document.revision
  return newerCopy ? [copy.parsed, primary.parsed] : [primary.parsed, copy.parsed]
}

/**
 * Names the copies that are missing or damaged; one of an older revision is neither, a crash leaves such.
 * @throws KEYRING_VERSION when a copy is authentic but newer than this version can read: repairing it would lose keys
 */
export function damagedAmong(copies: readonly KeyringCopy[], master: MasterKey): readonly CopyName[] {
  const newest = Math.max(
    ...copies.map(({ parsed }) => (parsed && master.isAuthentic(parsed) ? parsed.document.revision : 0)),
  )
  return copies.filter((copy) => !isSound(copy, master, newest)).map(({ name }) => name)
}

function isSound({ parsed, bytes, failure }: KeyringCopy, master: MasterKey, newest: number): boolean {
  if (parsed !== undefined) {
    const { document } = parsed
    // A crash amid the rotation of the master key leaves the copy under the old one, which nothing here can check.
    const superseded = document.revision < newest && document.master.id !== master.id
    return superseded || master.isAuthentic(parsed)
  }
  // Without the MAC, a version above ours may as well be a flipped bit.
  if (failure?.code === 'KEYRING_VERSION' && master.isAuthenticFile(bytes!)) throw failure
  return false
}
