import { asBuffer, canonicalJson, ForgeError, fromHex, toHex, utf8Decode, utf8Encode } from '@forgeone/common'
import type { SuiteName } from '@forgeone/crypto'
import { z } from 'zod'

export const STORE_FILE_NAME = 'FORGE'
export const STORE_FORMAT_VERSION = 1
/** 256 names of databases with 64 characters, and the rest. */
export const STORE_FILE_BYTES_MAX: number = 64 * 1024

/** What the file `FORGE` says: enough to know what the directory is before any key is at hand. No secrets. */
export interface StoreFile {
  readonly storeId: Uint8Array
  /** New after a restore or clone, so that two copies are told apart: 8 bytes in hex. */
  readonly generation: string
  readonly created: number
  readonly suite: SuiteName
  readonly databases: readonly string[]
}

const schema = z.strictObject({
  format: z.literal('forge-store'),
  version: z.literal(STORE_FORMAT_VERSION),
  storeId: z.string().regex(/^[0-9a-f]{32}$/),
  generation: z.string().regex(/^[0-9a-f]{16}$/),
  created: z.int().min(0),
  suite: z.enum(['none', 'aes-256-gcm', 'chacha20-poly1305', 'xchacha20-poly1305']),
  databases: z
    .array(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/))
    .min(1)
    .max(256),
  mac: z.string().regex(/^[0-9a-f]{64}$/),
})

export type Mac = (bytes: Uint8Array) => Uint8Array

function body(file: StoreFile): Record<string, unknown> {
  return {
    format: 'forge-store',
    version: STORE_FORMAT_VERSION,
    storeId: toHex(file.storeId),
    generation: file.generation,
    created: file.created,
    suite: file.suite,
    databases: file.databases,
  }
}

function canonical(value: unknown): string {
  return canonicalJson(value, { code: 'INTERNAL', what: 'the store file' })
}

export function encodeStoreFile(file: StoreFile, mac: Mac): Uint8Array {
  const members = body(file)
  return utf8Encode(`${canonical({ ...members, mac: toHex(mac(utf8Encode(canonical(members)))) })}\n`)
}

/**
 * Reads the file without checking its MAC, for which the keyring must be open first.
 * @throws STORE_VERSION when it is newer, STORE_DAMAGED when it is not what we write
 */
export function decodeStoreFile(bytes: Uint8Array): { file: StoreFile; verify: (mac: Mac) => void } {
  const text = utf8Decode(bytes)
  const parsed = parseJson(text)
  if (isNewer(parsed)) {
    throw new ForgeError(
      'STORE_VERSION',
      `the store has format version ${parsed.version}; this ForgeOne knows ${STORE_FORMAT_VERSION}`,
    )
  }
  const result = schema.safeParse(parsed)
  // The text must be the one we would write: blanks or a reordering are damage too, however harmless.
  if (!result.success || `${canonical(result.data)}\n` !== text) throw damaged()
  const storeId = fromHex(result.data.storeId)
  if (storeId === undefined) throw damaged()
  const { generation, created, suite, databases } = result.data
  const file: StoreFile = { storeId, generation, created, suite, databases }
  const verify = (mac: Mac): void => {
    const expected = toHex(mac(utf8Encode(canonical(body(file)))))
    if (expected !== result.data.mac) throw damaged()
  }
  return { file, verify }
}

function damaged(): ForgeError {
  return new ForgeError('STORE_DAMAGED', 'the file FORGE is damaged or was altered')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ForgeError('STORE_DAMAGED', 'the file FORGE is not JSON', { cause })
  }
}

function isNewer(value: unknown): value is { version: number } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'format' in value &&
    value.format === 'forge-store' &&
    'version' in value &&
    typeof value.version === 'number' &&
    value.version > STORE_FORMAT_VERSION
  )
}

/** A short digest for messages. */
export function shortId(storeId: Uint8Array): string {
  return asBuffer(storeId).toString('hex', 0, 4)
}
