import { ForgeError } from '@forgeone/common'
import { z } from 'zod'
import { packMessage, unpackMessage, type PackValue } from './msgpack.ts'
import { RECORD_SCHEMAS } from './record-schemas.ts'
import type { MetadataRecords, TableName } from './records.ts'

const ZONE_FIELDS = ['index', 'zoneType', 'offset', 'length', 'territoryType']
const OCCUPANT_FIELDS = ['name', 'isDirectory', 'size', 'created', 'modified', 'attributes']
/** Fields that hold rows, and the order of a row's fields. */
const NESTED: Readonly<Record<string, readonly string[]>> = { zones: ZONE_FIELDS, occupants: OCCUPANT_FIELDS }

const REASON_CHARS_MAX = 500

type Fields = Readonly<Record<string, unknown>>

/**
 * The body of a record: a MessagePack array of its fields in the order of its schema, rows likewise.
 * @throws CACHE_CONFIG_INVALID when the record is not of its table
 */
export function encodeRecord<Name extends TableName>(table: Name, record: MetadataRecords[Name]): Uint8Array {
  const { schema, fields } = RECORD_SCHEMAS[table]
  const { data, reason } = readable(table, () => {
    const { data, error } = schema.safeParse(record)
    return { data, reason: error && z.prettifyError(error) }
  })
  if (reason !== undefined) throw malformed(table, reason)
  // Every record is an object with fields of those names.
  return packMessage(packFields(data as unknown as Fields, fields))
}

/** Reading a record, and saying what is wrong with it, may run code of the caller, which may throw anything. */
function readable<T>(table: TableName, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw malformed(table, 'it cannot be read', cause)
  }
}

function malformed(table: TableName, reason: string, cause?: unknown): ForgeError {
  // The reason names every unknown field, however many there are.
  const message = `a record of ${table} is malformed: ${reason.slice(0, REASON_CHARS_MAX)}`
  return new ForgeError('CACHE_CONFIG_INVALID', message, { cause, details: { option: table } })
}

/** @returns undefined when the body is no record of this table */
export function decodeRecord<Name extends TableName>(
  table: Name,
  body: Uint8Array,
): MetadataRecords[Name] | undefined {
  const packed = unpackMessage(body)
  if (!Array.isArray(packed)) return undefined
  const { schema, fields } = RECORD_SCHEMAS[table]
  const parsed = schema.safeParse(unpackFields(packed, fields))
  return parsed.success ? parsed.data : undefined
}

function packFields(fields: Fields, names: readonly string[]): readonly PackValue[] {
  return names.map((name) => {
    const value = fields[name]
    const nested = NESTED[name]
    // The schema has said what is in there: scalars, or rows of scalars.
    if (nested !== undefined) return (value as readonly Fields[]).map((row) => packFields(row, nested))
    return value === undefined ? null : (value as PackValue)
  })
}

function unpackFields(values: readonly PackValue[], names: readonly string[]): Fields | undefined {
  if (values.length !== names.length) return undefined
  const fields: Record<string, unknown> = {}
  for (const [index, name] of names.entries()) {
    const value = values[index]!
    const nested = NESTED[name]
    if (nested !== undefined && Array.isArray(value))
      fields[name] = value.map((row) => unpackRow(row, nested))
    else if (value !== null) fields[name] = value
  }
  return fields
}

function unpackRow(row: PackValue, names: readonly string[]): Fields | undefined {
  return Array.isArray(row) ? unpackFields(row, names) : undefined
}
