import { utf8Encode } from '@forgeone/common'
import type { Clock } from '@forgeone/common'
import type { Store } from '@forgeone/engine'
import type { Position } from '../entry/position.ts'
import {
  hashedKey,
  KEYSPACE_GROUP,
  KEYSPACE_GROUP_STATE,
  KEYSPACE_WAITING,
  keyspaceRange,
} from '../shard/keys.ts'
import type { Shard } from '../shard/shard.ts'
import { decodeGroupDefinition, type GroupDefinition } from './group-definition.ts'
import { parseNumberedKey } from './group-keys.ts'
import type { StoredLedger } from './group-ledger.ts'
import { decodeGroupStateRow, type GroupStateRow } from './group-state-row.ts'
import { newLease, type Lease } from './lease.ts'
import { lanesOf } from './group-reader.ts'
import { LOG_START } from './position-order.ts'
import { decodeWaitingRow, type WaitingRow } from './waiting-row.ts'

/** A group as it was stored. */
export interface StoredGroup {
  readonly definition: GroupDefinition
  readonly ledger: StoredLedger
  /** All that was not settled: outstanding and waiting. */
  readonly leases: readonly Lease[]
}

/** Rows of a group by their numbers, ascending. */
interface GroupRows {
  readonly states: [number, GroupStateRow][]
  readonly waiting: [number, WaitingRow][]
}

/** What a shard stores of groups. */
export interface StoredGroups {
  readonly groups: readonly StoredGroup[]
  /** Keys of rows whose group was removed before all of them were. */
  readonly orphans: readonly Uint8Array[]
}

export function groupKey(store: Store, name: string): Uint8Array {
  return hashedKey(
    KEYSPACE_GROUP,
    store.keyedHash({ purpose: 'blind', label: 'group', value: utf8Encode(name) }),
  )
}

/** @throws STREAM_BLOCK_DAMAGED, RECORD_TAMPERED, DATABASE_OFFLINE */
export async function loadGroups(store: Store, shard: Shard, clock: Clock): Promise<StoredGroups> {
  const definitions: GroupDefinition[] = []
  for await (const page of store.scan(shard.database, keyspaceRange(KEYSPACE_GROUP)))
    for (const { value } of page) definitions.push(decodeGroupDefinition(value))
  const rows = new Map<number, GroupRows>(definitions.map(({ id }) => [id, { states: [], waiting: [] }]))
  const orphans: Uint8Array[] = []
  for await (const page of store.scan(shard.database, keyspaceRange(KEYSPACE_GROUP_STATE))) {
    for (const { key, value } of page) {
      const { groupId, number } = parseNumberedKey(key)
      const own = rows.get(groupId)
      if (own === undefined) orphans.push(key)
      else own.states.push([number, decodeGroupStateRow(value)])
    }
  }
  for await (const page of store.scan(shard.database, keyspaceRange(KEYSPACE_WAITING))) {
    for (const { key, value } of page) {
      const { groupId, number } = parseNumberedKey(key)
      const own = rows.get(groupId)
      if (own === undefined) orphans.push(key)
      else own.waiting.push([number, decodeWaitingRow(value)])
    }
  }
  const groups = definitions.map((definition) => storedGroup(definition, rows.get(definition.id)!, clock))
  return { groups, orphans }
}

/** The newest whole state, less what was settled since. */
function storedGroup(definition: GroupDefinition, rows: GroupRows, clock: Clock): StoredGroup {
  let state = {
    cursors: lanesOf(definition.order).map(() => LOG_START),
    waitingFrom: 0,
    outstanding: [] as readonly Position[],
  }
  let settled = new Set<string>()
  for (const [, row] of rows.states) {
    if (row.kind === 'settled') settled.add(keyOf(row.position))
    else {
      state = { ...row.state, cursors: [...row.state.cursors] }
      settled = new Set()
    }
  }
  const nowMs = clock.monotonicMs()
  const now = clock.now()
  const outstanding = state.outstanding
    .filter((position) => !settled.has(keyOf(position)))
    .map((position): Lease => ({ ...newLease(position, undefined), attempts: 1, dueMs: nowMs }))
  const waiting: Lease[] = []
  const voidNumbers: number[] = []
  for (const [number, { position, attempts, dueAt }] of rows.waiting) {
    if (number < state.waitingFrom) voidNumbers.push(number)
    else {
      const dueMs = nowMs + Math.max(0, dueAt - now)
      waiting.push({ ...newLease(position, undefined), attempts, row: number, dueMs })
    }
  }
  const stateNumbers = rows.states.map(([number]) => number)
  const { cursors, waitingFrom } = state
  return {
    definition,
    ledger: { cursors, outstanding, waitingFrom, waiting, stateNumbers, voidNumbers },
    leases: [...outstanding, ...waiting],
  }
}

function keyOf({ commitSequence, shard, sequence }: Position): string {
  return `${commitSequence}.${shard}.${sequence}`
}
