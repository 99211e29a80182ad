/**
 * Keys of the audit database; `docs/format.md`, "Audit database". The first byte is the keyspace that a row is sealed
 * under, and numbers are u64, so that rows of a kind are in their order.
 */
import { ByteWriter } from '@forgeone/common'

const BUNDLE = 0x65 // e
const TILE = 0x74 // t
/** Signed notes, by size: written outside the journal, and never but by the log. */
export const CHECKPOINT_KEYSPACE = 0x63 // c
const STATE = 0x6d // m
// 78 and 79, x and y, begin the keys of the query index.

/** Everything a key of ours takes. */
const KEY_BYTES = 16

/** `e | bundle u64`: 256 leaves. */
export function bundleKey(bundle: number): Uint8Array {
  return new ByteWriter(KEY_BYTES).u8(BUNDLE).u64(bundle).finish()
}

/** `t | level u8 | index u64`: a full tile. */
export function tileKey({ level, index }: { level: number; index: number }): Uint8Array {
  return new ByteWriter(KEY_BYTES).u8(TILE).u8(level).u64(index).finish()
}

/** `c | size u64`: the signed note of that size. */
export function checkpointKey(size: number): Uint8Array {
  return new ByteWriter(KEY_BYTES).u8(CHECKPOINT_KEYSPACE).u64(size).finish()
}

/** `m | size u64`: what was still in memory at that size. */
export function stateKey(size: number): Uint8Array {
  return new ByteWriter(KEY_BYTES).u8(STATE).u64(size).finish()
}

/** `70`: below which index leaves were pruned. */
export const MINIMUM_INDEX_KEY: Uint8Array = Uint8Array.of(0x70) // p

/** Above the keys of all checkpoints. */
export const CHECKPOINTS_END: Uint8Array = Uint8Array.of(CHECKPOINT_KEYSPACE + 1)
