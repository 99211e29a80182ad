import type { Anchor } from '@forgeone/audit'
import {
  canonicalJson,
  concatBytes,
  ForgeError,
  isForgeError,
  utf8Decode,
  utf8Encode,
} from '@forgeone/common'
import type { Store } from '@forgeone/engine'
import { z } from 'zod'
import { SYSTEM_DATABASE } from '../layout/database-names.ts'

export const ANCHOR_KEYSPACE = 0x17
const ROW_VERSION = 1

interface AnchorRow {
  readonly version: number
  readonly kind: Anchor['kind']
}

const schema: z.ZodType<AnchorRow> = z.strictObject({
  version: z.literal(ROW_VERSION),
  kind: z.enum(['file', 'command', 'witness']),
})

/** @throws RECORD_TAMPERED */
export function decodeAnchorRow({ value }: { readonly value: Uint8Array }): AnchorRow {
  const parsed = schema.safeParse(parse(value))
  if (parsed.success) return parsed.data
  throw new ForgeError('RECORD_TAMPERED', 'what is remembered of an anchor has an unknown form')
}

function parse(value: Uint8Array): unknown {
  try {
    return JSON.parse(utf8Decode(value))
  } catch {
    return undefined
  }
}

/** Remembers to which anchors the store has published, so that one that lost its notes is not taken for a new one. */
export class AnchorMemory {
  readonly #store: Pick<Store, 'commit' | 'get' | 'keyedHash'>
  /** A row is never taken back, so one that was seen is not asked for again. */
  readonly #known = new Set<string>()

  constructor(store: Pick<Store, 'commit' | 'get' | 'keyedHash'>) {
    this.#store = store
  }

  /** A row that cannot be read counts as one: a file that is empty is better refused than made anew. */
  async knows(anchor: Anchor): Promise<boolean> {
    const name = nameOf(anchor)
    if (this.#known.has(name)) return true
    try {
      if ((await this.#store.get(SYSTEM_DATABASE, this.#keyOf(name))) === undefined) return false
    } catch (error) {
      if (isForgeError(error, 'RECORD_TAMPERED', 'DATABASE_OFFLINE', 'STATE_MISMATCH'))
        return anchor.kind === 'file'
      throw error
    }
    this.#known.add(name)
    return true
  }

  /** Written once; one that cannot be written is tried again at the next publication. */
  async remember(anchor: Anchor): Promise<void> {
    const { kind } = anchor
    const name = nameOf(anchor)
    const value = json({ version: ROW_VERSION, kind })
    decodeAnchorRow({ value: utf8Encode(value) })
    const facts = {
      actor: 'app',
      action: 'audit.anchored',
      resourceClass: 'audit',
      context: json({ kind }),
    }
    const put = {
      type: 'put',
      database: SYSTEM_DATABASE,
      key: this.#keyOf(name),
      value: utf8Encode(value),
    } as const
    try {
      await this.#store.commit(() => ({ facts, operations: [put] }), { privileged: true })
      this.#known.add(name)
    } catch (error) {
      if (!isForgeError(error)) throw error
    }
  }

  /** A place may tell of machines and people: the key does not. */
  #keyOf(name: string): Uint8Array {
    const hash = this.#store.keyedHash({ purpose: 'blind', label: 'anchor', value: utf8Encode(name) })
    return concatBytes([Uint8Array.of(ANCHOR_KEYSPACE), hash])
  }
}

function nameOf({ kind, place }: Anchor): string {
  return `${kind} ${place}`
}

function json(members: { readonly version?: number; readonly kind: string }): string {
  return canonicalJson({ ...members }, { code: 'INTERNAL', what: 'what is remembered of an anchor' })
}
