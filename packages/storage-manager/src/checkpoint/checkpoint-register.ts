import {
  asBuffer,
  ByteWriter,
  canonicalJson,
  concatBytes,
  equalBytes,
  ForgeError,
  fromHex,
  toHex,
  utf8Decode,
  utf8Encode,
  type JsonObject,
} from '@forgeone/common'
import type { KeyCopies, KeyUseCounts, Operation, Row, Store } from '@forgeone/engine'
import { z } from 'zod'
import { SYSTEM_DATABASE } from '../layout/database-names.ts'

export const CHECKPOINT_KEYSPACE = 0x16
/** Keys under which nothing of the store is sealed any more, while older images need them: 4 bytes of key id. */
export const RETIRED_KEYSPACE = 0x18
const RETIRED_VALUE = Uint8Array.of(1)
/** Each holds keys that could be destroyed otherwise; more images than this nobody looks after. */
export const CHECKPOINTS_MAX = 1000
const ID_BYTES = 16
const KEYS_MAX = 4096

/** An image that was taken, as the store remembers it. Whether it still lies there the store does not know. */
export interface CheckpointInfo {
  /** 32 hexadecimal digits; stands in the file `IMAGE` too. */
  readonly id: string
  readonly directory: string
  /** The image shows the store as it was after this commit; of one that was begun and not finished, it may have later ones. */
  readonly sequence: number
  /** Commit time of that commit, in ms since 1970. */
  readonly time: number
}

interface CheckpointRow extends CheckpointInfo {
  /** Ids of the keys that open it. */
  readonly keys: readonly number[]
}

const schema: z.ZodType<Omit<CheckpointRow, 'id'>> = z.strictObject({
  directory: z.string().min(1).max(4096),
  sequence: z.int().min(0),
  time: z.int().min(0),
  keys: z.array(z.int().min(1)).max(KEYS_MAX),
})

/** @throws RECORD_TAMPERED */
export function decodeCheckpoint({ key, value }: Row): CheckpointRow {
  const parsed = schema.safeParse(parse(value))
  if (key.length === 1 + ID_BYTES && parsed.success) return { id: toHex(key.subarray(1)), ...parsed.data }
  throw new ForgeError('RECORD_TAMPERED', 'what is remembered of an image has an unknown form')
}

/** @returns the id of the key @throws RECORD_TAMPERED */
export function decodeRetired({ key, value }: Row): number {
  if (key.length === 1 + 4 && equalBytes(value, RETIRED_VALUE)) return asBuffer(key).readUInt32BE(1)
  throw new ForgeError('RECORD_TAMPERED', 'what is remembered of a retired key has an unknown form')
}

function retiredKey(keyId: number): Uint8Array {
  return new ByteWriter().u8(RETIRED_KEYSPACE).u32(keyId).finish()
}

function parse(value: Uint8Array): unknown {
  try {
    return JSON.parse(utf8Decode(value))
  } catch {
    return undefined
  }
}

/** Remembers images, so that no key is destroyed that one of them needs, until somebody says that it is gone. */
export class CheckpointRegister implements KeyCopies {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** @throws CHECKPOINT_FAILED when there are too many */
  async add(row: CheckpointRow): Promise<void> {
    if ((await this.#rows()).length >= CHECKPOINTS_MAX)
      throw new ForgeError('CHECKPOINT_FAILED', `a store remembers at most ${CHECKPOINTS_MAX} images`, {
        hint: 'Forget those that are gone: `forge checkpoint --list`, then `forge checkpoint --forget ID`.',
      })
    await this.#commit('store.checkpointed', { id: row.id }, putOf(row))
  }

  /** It is taken, and shows the store as of this commit. */
  async taken(row: CheckpointRow): Promise<void> {
    const { id, sequence } = row
    await this.#commit('store.checkpoint-taken', { id, sequence }, putOf(row))
  }

  /** The oldest first. @throws RECORD_TAMPERED, DATABASE_OFFLINE */
  async list(): Promise<readonly CheckpointInfo[]> {
    const rows = await this.#rows()
    return rows
      .map(({ id, directory, sequence, time }) => ({ id, directory, sequence, time }))
      .sort((left, right) => left.time - right.time)
  }

  /** It is gone, or its keys may go. @returns false for an id that is not known */
  async forget(id: string): Promise<boolean> {
    if (typeof id !== 'string' || fromHex(id)?.length !== ID_BYTES) return false
    const key = keyOf(id)
    if ((await this.#store.get(SYSTEM_DATABASE, key)) === undefined) return false
    await this.#commit(
      'store.checkpoint-forgotten',
      { id },
      { type: 'delete', database: SYSTEM_DATABASE, key },
    )
    return true
  }

  /** The keys that images need, each with the directory as its place. */
  async keyUses(): Promise<KeyUseCounts> {
    const uses = new Map<number, Map<string, number>>()
    for (const { keys, directory } of await this.#rows())
      for (const keyId of keys) uses.set(keyId, (uses.get(keyId) ?? new Map()).set(`image ${directory}`, 1))
    return uses
  }

  async retire(keyId: number): Promise<void> {
    const key = retiredKey(keyId)
    if ((await this.#store.get(SYSTEM_DATABASE, key)) !== undefined) return
    const operation: Operation = { type: 'put', database: SYSTEM_DATABASE, key, value: RETIRED_VALUE }
    await this.#commit('keys.retired', { id: keyId }, operation)
  }

  /** Keys that an image taken now does not need. @throws RECORD_TAMPERED */
  async retiredKeys(): Promise<ReadonlySet<number>> {
    return new Set(await this.#decoded(RETIRED_KEYSPACE, decodeRetired))
  }

  async #rows(): Promise<readonly CheckpointRow[]> {
    return await this.#decoded(CHECKPOINT_KEYSPACE, decodeCheckpoint)
  }

  async #decoded<T>(keyspace: number, decode: (row: Row) => T): Promise<readonly T[]> {
    const rows: T[] = []
    const range = { from: Uint8Array.of(keyspace), to: Uint8Array.of(keyspace + 1) }
    for await (const page of this.#store.scan(SYSTEM_DATABASE, range)) rows.push(...page.map(decode))
    return rows
  }

  async #commit(action: string, told: JsonObject, operation: Operation): Promise<void> {
    const context = canonicalJson(told, { code: 'INTERNAL', what: 'the facts of an image' })
    const [resourceClass] = action.split('.', 1) as [string]
    const facts = { actor: 'app', action, resourceClass, context }
    await this.#store.commit(() => ({ facts, operations: [operation] }), { privileged: true })
  }
}

function putOf({ id, ...members }: CheckpointRow): Operation {
  const key = keyOf(id)
  const text = canonicalJson({ ...members, keys: [...members.keys] }, { code: 'INTERNAL', what: 'an image' })
  const value = utf8Encode(text)
  decodeCheckpoint({ key, value })
  return { type: 'put', database: SYSTEM_DATABASE, key, value }
}

/** Takes an image off the register of the store that it has become. */
export function forgottenRow(id: string): Operation {
  return { type: 'delete', database: SYSTEM_DATABASE, key: keyOf(id) }
}

function keyOf(id: string): Uint8Array {
  return concatBytes([Uint8Array.of(CHECKPOINT_KEYSPACE), fromHex(id) ?? new Uint8Array(ID_BYTES)])
}
