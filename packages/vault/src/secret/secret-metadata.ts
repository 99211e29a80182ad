import { canonicalJson, ForgeError, utf8Decode, utf8Encode } from '@forgeone/common'
import { z } from 'zod'

/** Versions kept unless a secret says otherwise. */
export const VERSIONS_KEPT_DEFAULT = 10
export const VERSIONS_KEPT_MAX = 1000
export const CUSTOM_PAIRS_MAX = 64
export const CUSTOM_BYTES_MAX = 512

/** One version of a secret; never its value. Times are milliseconds since 1970. */
export interface SecretVersion {
  readonly version: number
  readonly created: number
  /** Pseudonym of who set it. */
  readonly by: string
  readonly expires?: number | undefined
  /** Hidden by `delete`; `undelete` brings it back. */
  readonly deleted?: number | undefined
  /** Gone for good. */
  readonly destroyed?: number | undefined
  /** Reference of its shred key, hexadecimal; absent once destroyed. */
  readonly ref?: string | undefined
}

/** Everything about a secret but its values, as it is kept in its row. */
export interface SecretMetadata {
  readonly path: string
  /** The newest version; 0 when there is none. It rises for ever, also over `purge`. */
  readonly current: number
  readonly kept: number
  readonly casRequired: boolean
  readonly custom: Readonly<Record<string, string>>
  /** Ascending. */
  readonly versions: readonly SecretVersion[]
  /** Shred keys of versions that were dropped and are still to be erased. */
  readonly toErase: readonly string[]
}

const hex = z.string().regex(/^[0-9a-f]{32}$/)
const time = z.int().min(0)
const schema: z.ZodType<SecretMetadata> = z.strictObject({
  path: z.string(),
  current: z.int().min(0),
  kept: z.int().min(1).max(VERSIONS_KEPT_MAX),
  casRequired: z.boolean(),
  custom: z.record(z.string(), z.string()),
  versions: z.array(
    z.strictObject({
      version: z.int().min(1),
      created: time,
      by: z.string(),
      expires: time.optional(),
      deleted: time.optional(),
      destroyed: time.optional(),
      ref: hex.optional(),
    }),
  ),
  toErase: z.array(hex),
})

export function newMetadata(path: string): SecretMetadata {
  return {
    path,
    current: 0,
    kept: VERSIONS_KEPT_DEFAULT,
    casRequired: false,
    custom: {},
    versions: [],
    toErase: [],
  }
}

/**
 * Canonical JSON. What is written is read first: a row that would not parse is refused, and with it its commit.
 * @throws RECORD_TAMPERED
 */
export function encodeMetadata(metadata: SecretMetadata): Uint8Array {
  const plain: unknown = JSON.parse(JSON.stringify(metadata))
  const bytes = utf8Encode(canonicalJson(plain, { code: 'INTERNAL', what: 'the metadata of a secret' }))
  decodeMetadata(bytes)
  return bytes
}

/** @throws RECORD_TAMPERED for bytes of another form, which no version wrote */
export function decodeMetadata(bytes: Uint8Array): SecretMetadata {
  try {
    return schema.parse(JSON.parse(utf8Decode(bytes)))
  } catch (cause) {
    throw new ForgeError('RECORD_TAMPERED', 'the metadata of a secret has an unknown form', { cause })
  }
}

/** A copy: what the caller does to his own later changes nothing here. @throws VAULT_LIMIT */
export function checkCustom(custom: unknown): Readonly<Record<string, string>> {
  if (typeof custom !== 'object' || custom === null || Array.isArray(custom)) throw limit('pairs of texts')
  const pairs: [string, unknown][] = Object.entries(custom)
  if (pairs.length > CUSTOM_PAIRS_MAX) throw limit(`more than ${CUSTOM_PAIRS_MAX} pairs of metadata`)
  for (const [name, value] of pairs) {
    const isText = typeof value === 'string' && name.length + value.length <= CUSTOM_BYTES_MAX
    const isSound = isText && name !== '__proto__' && (name + value).isWellFormed()
    if (!isSound || utf8Encode(name + value).length > CUSTOM_BYTES_MAX) {
      throw limit(`a pair of metadata that is above ${CUSTOM_BYTES_MAX} bytes, no text, or named __proto__`)
    }
  }
  // Each value was found to be text.
  return Object.fromEntries(pairs) as Record<string, string>
}

function limit(what: string): ForgeError {
  return new ForgeError('VAULT_LIMIT', `a secret has ${what}`)
}

/** The newest version that can be read at `now`. */
export function readableVersion(
  { versions }: SecretMetadata,
  { now, version }: { readonly now: number; readonly version?: number | undefined },
): SecretVersion | undefined {
  const found = version === undefined ? versions.at(-1) : versions.find((each) => each.version === version)
  if (found === undefined || found.deleted !== undefined) return undefined
  if (found.expires !== undefined && found.expires <= now) return undefined
  return found
}
