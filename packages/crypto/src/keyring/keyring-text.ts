// The keyring as text: RFC 8785 JSON, so that a document has exactly one spelling and no flipped bit hides in another.

import { canonicalJson, equalBytes, ForgeError, utf8Decode, utf8Encode } from '@forgeone/common'
import { asBase64, fromBase64 } from '../kdf/strict-base64.ts'
import { parseRecipe, type SlotRecipe } from '../kdf/recipe.ts'
import type { ProviderKind } from '../provider/key-provider.ts'
import { none } from '../suite/none.ts'
import {
  INDEX_SCOPE,
  KEYRING_BYTES_MAX,
  KEYRING_FORMAT,
  KEYRING_VERSION,
  type KeyringDocument,
} from './keyring-document.ts'
import { keyringSchema } from './keyring-schema.ts'

/** A keyring that is well-formed; whether it is authentic shows only with the master key. */
export interface ParsedKeyring {
  readonly document: KeyringDocument
  readonly mac: Uint8Array
}

const FORMS: Readonly<Record<ProviderKind, readonly SlotRecipe['form'][]>> = {
  passphrase: ['passphrase'],
  environment: ['passphrase', 'key'],
  'key-file': ['key'],
  'raw-key': ['key'],
  command: ['command'],
  shares: ['shares'],
  open: ['clear'],
}

/** What the MAC covers: every member but `mac`. */
export function keyringBody(document: object): Uint8Array {
  return utf8Encode(canonicalJson(document, { code: 'KEYRING_DAMAGED', what: 'the keyring' }))
}

/** The bytes of a keyring file. */
export function encodeKeyring({ document, mac }: ParsedKeyring): Uint8Array {
  return keyringBody({ ...document, mac: asBase64(mac) })
}

/**
 * Parses a keyring file strictly.
 * @throws KEYRING_VERSION for another version or an unknown member, KEYRING_DAMAGED for anything else that does not fit
 */
export function parseKeyring(bytes: Uint8Array): ParsedKeyring {
  const members = readMembers(bytes)
  if (members === undefined || members['format'] !== KEYRING_FORMAT) throw damaged('it is not a keyring')
  if (members['version'] !== KEYRING_VERSION) throw newer('its version is unknown')
  const checked = keyringSchema.safeParse(members)
  if (!checked.success) {
    const { issues } = checked.error
    const unknown = issues.some(({ code }) => code === 'unrecognized_keys')
    throw unknown
      ? newer('it has members this version does not know')
      : damaged(`${issues[0]?.path.join('.') ?? 'it'} does not fit`)
  }
  const { mac, ...document } = checked.data
  checkMeaning(document)
  return { document, mac: fromBase64(mac)! }
}

/**
 * The members of any canonical JSON object, whatever its version.
 * @returns undefined when the bytes are something else
 */
export function readMembers(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  if (bytes.length === 0 || bytes.length > KEYRING_BYTES_MAX) return undefined
  try {
    const value: unknown = JSON.parse(utf8Decode(bytes))
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    return equalBytes(keyringBody(value), bytes) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

// What the shape cannot say: ids and epochs are unique, kinds fit their recipes, the index key exists.
function checkMeaning(document: KeyringDocument): void {
  const { slots, keys, master, shred } = document
  const primaries = keys.filter((key) => key.state === 'primary').map((key) => key.scope)
  const unique =
    allDiffer(slots.map((slot) => slot.id)) &&
    allDiffer([master.id, ...keys.map((key) => key.id), ...shred.map((record) => record.id)]) &&
    allDiffer(shred.map(({ bucket, state }) => `${bucket} ${state}`)) &&
    allDiffer(keys.map((key) => `${key.epoch} ${key.scope}`)) &&
    allDiffer(primaries)
  if (!unique) throw damaged('an id, epoch or primary key occurs twice')
  if (!primaries.includes(INDEX_SCOPE)) throw damaged('it has no index key')
  for (const { kind, kdf } of slots) {
    if (!FORMS[kind].includes(parseRecipe(kdf).form)) throw damaged(`a ${kind} slot has a foreign recipe`)
  }
  // Else someone could turn an encrypted store into one that opens without a secret and still looks encrypted.
  if (slots.some(({ kind }) => kind === 'open') && keys.some(({ suite }) => suite !== none.id)) {
    throw damaged('its master key lies in clear although the store is encrypted')
  }
}

function allDiffer(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length
}

function damaged(reason: string): ForgeError {
  return new ForgeError('KEYRING_DAMAGED', `the keyring is damaged: ${reason}`)
}

function newer(reason: string): ForgeError {
  return new ForgeError('KEYRING_VERSION', `the keyring cannot be read: ${reason}`)
}
