import { ForgeError, type JsonValue } from '@forgeone/common'
import { TABLE_BYTES_MAX } from './limits.ts'

/** What a value costs beside its characters: headers, and its place in a map or list. */
const VALUE_BYTES = 64
/** Characters may take two bytes. */
const CHARACTER_BYTES = 2

/** Bytes that the pipes of one query hold, all together: counts of rows say nothing of how long their values are. */
export class TableMemory {
  #bytes = 0

  /** @throws STREAM_QUERY_LIMIT */
  add(value: JsonValue | undefined): void {
    this.#take(bytesOf(value))
  }

  /** One value in the place of another. @throws STREAM_QUERY_LIMIT */
  replace(before: JsonValue | undefined, after: JsonValue | undefined): void {
    this.#take(bytesOf(after) - bytesOf(before))
  }

  #take(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes <= TABLE_BYTES_MAX) return
    const limit = `${TABLE_BYTES_MAX / 1024 / 1024} MiB`
    throw tableLimit(
      `the pipes of a query hold at most ${limit} (TABLE_BYTES_MAX) of groups, values and rows; narrow the query, or group by something shorter`,
    )
  }
}

export function tableLimit(message: string): ForgeError {
  return new ForgeError('STREAM_QUERY_LIMIT', message)
}

function bytesOf(value: JsonValue | undefined): number {
  if (value === undefined) return 0
  if (typeof value === 'string') return VALUE_BYTES + CHARACTER_BYTES * value.length
  if (typeof value !== 'object' || value === null) return VALUE_BYTES
  let bytes = VALUE_BYTES
  for (const [name, member] of Object.entries(value)) bytes += VALUE_BYTES + name.length + bytesOf(member)
  return bytes
}
