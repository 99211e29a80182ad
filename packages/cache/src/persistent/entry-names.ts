import { ForgeError, utf8Encode } from '@forgeone/common'
import { MemoryCache } from '../memory/memory-cache.ts'
import { hmacSha256, sha256 } from '../platform/sha256.ts'
import { TABLE_NUMBERS, type RecordAddress } from '../table/tables.ts'
import type { TableName } from '../table/records.ts'
import { PATH_FORM, VAULT_KEY_BYTES } from './cache-keys.ts'
import { hexOf } from '../table/fixed-bytes.ts'

export const PATH_BYTES_MAX = 4096
/** Longer paths stand in keys by their hash; the path itself is in the record. */
const PLAIN_PATH_BYTES_MAX = 512
const ID_BYTES_MAX = 4096
const REMEMBERED_MAX = 16_384

/** An id as it stands in keys, and as a text. */
export interface VaultKey {
  readonly bytes: Uint8Array
  readonly hex: string
}

/** Ids and paths as they stand in keys: hashes of fixed width, and in a sealed cache nothing that could be read. */
export class EntryNames {
  readonly #indexKey: Uint8Array | undefined
  readonly #vaultKeys = new MemoryCache<string, VaultKey>({ maxEntries: REMEMBERED_MAX, policy: 'lru' })

  constructor(indexKey: Uint8Array | undefined) {
    this.#indexKey = indexKey
  }

  /** Whether paths stand in keys in an order that can be searched. */
  get keepsPathOrder(): boolean {
    return this.#indexKey === undefined
  }

  /** First 16 bytes of SHA-256 over table class and id, or of HMAC-SHA-256 in a sealed cache. */
  async vaultKey(table: TableName, id: string): Promise<VaultKey> {
    const known = this.knownVaultKey(table, id)
    if (known !== undefined) return known
    const name = prefixed(table, id)
    const bytes = utf8Encode(name)
    if (id === '' || bytes.length > ID_BYTES_MAX) throw tooLong(`an id has ${bytes.length} bytes`)
    const digest = (await this.#digest(bytes)).slice(0, VAULT_KEY_BYTES)
    const key = { bytes: digest, hex: hexOf(digest) }
    this.#vaultKeys.set(name, key)
    return key
  }

  /** The same where it was asked for lately. */
  knownVaultKey(table: TableName, id: string): VaultKey | undefined {
    return this.#vaultKeys.get(prefixed(table, id))
  }

  /** @throws CACHE_KEY_TOO_LONG for paths above 4,096 bytes and for empty, `.` and `..` parts */
  async path(path: string): Promise<{ readonly form: number; readonly bytes: Uint8Array }> {
    const bytes = utf8Encode(checkedPath(path))
    if (this.#indexKey !== undefined) return { form: PATH_FORM.keyed, bytes: await this.#digest(bytes) }
    if (bytes.length <= PLAIN_PATH_BYTES_MAX) return { form: PATH_FORM.plain, bytes }
    return { form: PATH_FORM.hashed, bytes: await this.#digest(bytes) }
  }

  async #digest(bytes: Uint8Array): Promise<Uint8Array> {
    return this.#indexKey === undefined ? await sha256(bytes) : await hmacSha256(this.#indexKey, bytes)
  }
}

function prefixed(table: TableName, id: string): string {
  return table === 'sessions' ? `s:${id}` : `v:${id}`
}

/** @throws CACHE_KEY_TOO_LONG */
export function checkedPath(path: string): string {
  if (path === '') return path
  if (utf8Encode(path).length > PATH_BYTES_MAX) throw tooLong(`a path is above ${PATH_BYTES_MAX} bytes`)
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..'))
    throw tooLong('a path has an empty, "." or ".." part')
  return path
}

/** Names an entry in memory: different for any two addresses, for its last part alone may hold a blank. */
export function memoryKey(o: {
  readonly epoch: number
  readonly table: TableName
  readonly vaultHex: string
  readonly generation: number
  readonly address: RecordAddress
}): string {
  const { zoneIndex, path = '' } = o.address
  const zone = zoneIndex === undefined ? '-' : String(zoneIndex)
  return `${o.epoch} ${TABLE_NUMBERS[o.table]} ${o.vaultHex} ${o.generation} ${zone} ${path}`
}

function tooLong(reason: string): ForgeError {
  return new ForgeError('CACHE_KEY_TOO_LONG', `${reason}, which no cache key can hold`)
}
