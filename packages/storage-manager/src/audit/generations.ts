import { canonicalJson, ForgeError, utf8Decode, utf8Encode } from '@forgeone/common'
import type { Operation, Store } from '@forgeone/engine'
import { z } from 'zod'
import { SYSTEM_DATABASE } from '../layout/database-names.ts'

/** About one for each time that somebody accepted a rollback, or began anew in a copy. */
export const ENDED_ORIGINS_MAX = 1000

/** Under which names the log was, and is, signed. Kept in `system`, since what is signed binds only what it names. */
export interface Generations {
  /** 16 hexadecimal digits; that of `FORGE`, unless a crash came between the two. */
  readonly current: string
  /** Origins that bind this log no more: its own of before, and those that anchors held of what was given up. */
  readonly ended: readonly string[]
}

const KEY = utf8Encode('\u0013generations')

const schema: z.ZodType<Generations> = z.strictObject({
  current: z.string().regex(/^[0-9a-f]{16}$/),
  ended: z.array(z.string().min(1)).min(1).max(ENDED_ORIGINS_MAX),
})

/** @returns undefined for a store whose first generation lasts @throws RECORD_TAMPERED, DATABASE_OFFLINE */
export async function readGenerations(store: Store): Promise<Generations | undefined> {
  const row = await store.get(SYSTEM_DATABASE, KEY)
  if (row === undefined) return undefined
  const parsed = schema.safeParse(JSON.parse(utf8Decode(row)))
  if (parsed.success) return parsed.data
  throw new ForgeError('RECORD_TAMPERED', 'the generations of the store have an unknown form')
}

export function generationsRow({ current, ended }: Generations): Operation {
  const text = canonicalJson(
    { current, ended: [...ended] },
    { code: 'INTERNAL', what: 'the generations of the store' },
  )
  return { type: 'put', database: SYSTEM_DATABASE, key: KEY, value: utf8Encode(text) }
}
