// What the shred store should hold, in one row of its own, written with every change. Key: `s`. Value: version u8 |
// generation u64 | rows u64 | sum 32 B | MAC 32 B. The sum is that of the keyed hashes of all rows, modulo 2^256: whoever
// lacks the key can take no row out, put none in and change none without its being noticed.

import { ByteReader, ByteWriter, copyBytes, ForgeError, fromHex, toHex, utf8Encode } from '@forgeone/common'
import { timingSafeEqual } from 'node:crypto'
import type { ShredRow } from './shred-store.ts'

const VERSION = 1
const SUM_BYTES = 32
const MODULUS = 1n << 256n

export const LEDGER_ROW: Uint8Array = utf8Encode('s')
/** Every row of the store, whatever its kind: one of an unknown kind was put there by somebody else. */
export const ALL_ROWS: { readonly from: Uint8Array; readonly to: Uint8Array } = {
  from: new Uint8Array(0),
  to: new Uint8Array(64).fill(0xff),
}

/** First byte of what is hashed, so that no row's hash is the MAC of a ledger. */
const OF_LEDGER = 0
const OF_ROW = 1
const KEY_KIND = 'k'.charCodeAt(0)

/** HMAC under a key of the keyring that serves this alone. */
export type RowHash = (bytes: Uint8Array) => Uint8Array

/** Rows by their sum; the generation rises with each change and never comes again. */
export interface ShredLedger {
  readonly generation: number
  readonly rows: number
  readonly sum: bigint
}

export const EMPTY_LEDGER: ShredLedger = { generation: 0, rows: 0, sum: 0n }

export interface StoredRow {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** A change of rows: what was there and goes, what comes. A row that only changes stands in both. */
export interface LedgerChange {
  readonly added?: readonly StoredRow[]
  readonly removed?: readonly StoredRow[]
}

export function changedLedger(
  { generation, rows, sum }: ShredLedger,
  { added = [], removed = [] }: LedgerChange,
  hash: RowHash,
): ShredLedger {
  let next = sum
  for (const row of added) next += numberOf(row, hash)
  for (const row of removed) next -= numberOf(row, hash)
  return {
    generation: generation + 1,
    rows: rows + added.length - removed.length,
    sum: ((next % MODULUS) + MODULUS) % MODULUS,
  }
}

/** Whether rows and sum are those of the ledger. */
export function isSameContent(left: ShredLedger, right: ShredLedger): boolean {
  return left.rows === right.rows && left.sum === right.sum
}

/** Wrapped keys authenticate themselves and change when a bucket is replaced, so of them only the reference counts. */
function numberOf({ key, value }: StoredRow, hash: RowHash): bigint {
  const told = key[0] === KEY_KIND ? new Uint8Array(0) : value
  return BigInt(`0x${toHex(hash(new ByteWriter().u8(OF_ROW).prefixed(key).prefixed(told).finish()))}`)
}

export function ledgerRow(ledger: ShredLedger, hash: RowHash): ShredRow {
  const body = bodyOf(ledger)
  return { key: LEDGER_ROW, value: new ByteWriter().bytes(body).bytes(macOf(body, hash)).finish() }
}

/** @throws SHRED_KEYS_TAMPERED */
export function decodeLedger(bytes: Uint8Array, hash: RowHash): ShredLedger {
  const reader = new ByteReader(bytes, { code: 'SHRED_KEYS_TAMPERED', what: 'the ledger of the shred keys' })
  const version = reader.u8()
  if (version !== VERSION) throw reader.failure(`the unknown version ${version}`)
  const generation = reader.u64()
  const rows = reader.u64()
  const sum = BigInt(`0x${toHex(reader.bytes(SUM_BYTES))}`)
  const mac = copyBytes(reader.bytes(SUM_BYTES))
  reader.end()
  const ledger = { generation, rows, sum }
  if (timingSafeEqual(mac, macOf(bodyOf(ledger), hash))) return ledger
  throw new ForgeError('SHRED_KEYS_TAMPERED', 'the ledger of the shred keys is not authentic')
}

function bodyOf({ generation, rows, sum }: ShredLedger): Uint8Array {
  const digits = sum.toString(16).padStart(SUM_BYTES * 2, '0')
  return new ByteWriter().u8(VERSION).u64(generation).u64(rows).bytes(fromHex(digits)!).finish()
}

function macOf(body: Uint8Array, hash: RowHash): Uint8Array {
  return hash(new ByteWriter().u8(OF_LEDGER).bytes(body).finish())
}
