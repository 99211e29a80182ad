import { ByteReader, ByteWriter, type AuditFacts, type SealedOperation } from '@forgeone/common'

/** A commit as the journal keeps it: everything the databases and the audit log are derived from. */
export interface CommitRecord {
  readonly time: number
  /** How far the clock had stepped back behind `time`; undefined when it had not. */
  readonly backMs?: number | undefined
  readonly facts: AuditFacts
  readonly operations: readonly SealedOperation[]
  /** 16 random bytes of a commit without operations, so that its short leaf cannot be guessed from a hash. */
  readonly nonce: Uint8Array | undefined
  /** What the journal keeps of the commit beside its facts: in no leaf, and in no row. */
  readonly detail?: Uint8Array | undefined
}

const RECORD_VERSION = 1
const TYPE_DELETE = 0
const TYPE_PUT = 1
const HAS_RESOURCE = 1
const HAS_ENTRIES = 2
const HAS_CONTEXT = 4
const HAS_NONCE = 8
const HAS_BACK = 16
const HAS_DETAIL = 32
const FLAGS_MAX = 63

/** Appends `record`; the layout stands in `docs/format.md`, "Commit record". */
export function writeCommitRecord(writer: ByteWriter, record: CommitRecord): void {
  const { facts, nonce, backMs, detail } = record
  const flags =
    (facts.resourceHash ? HAS_RESOURCE : 0) |
    (facts.entries ? HAS_ENTRIES : 0) |
    (facts.context === undefined ? 0 : HAS_CONTEXT) |
    (nonce ? HAS_NONCE : 0) |
    (backMs === undefined ? 0 : HAS_BACK) |
    (detail === undefined ? 0 : HAS_DETAIL)
  writer
    .u8(RECORD_VERSION)
    .u48(record.time)
    .text(facts.actor)
    .text(facts.action)
    .text(facts.resourceClass)
    .u8(flags)
  if (facts.resourceHash) writer.bytes(facts.resourceHash)
  if (facts.entries) writer.u32(facts.entries.count).bytes(facts.entries.root)
  if (facts.context !== undefined) writer.text(facts.context)
  if (nonce) writer.bytes(nonce)
  if (backMs !== undefined) writer.u48(backMs)
  if (detail !== undefined) writer.varint(detail.length).bytes(detail)
  writer.varint(record.operations.length)
  for (const operation of record.operations) {
    const { database, key } = operation
    writer
      .u8(operation.type === 'put' ? TYPE_PUT : TYPE_DELETE)
      .text(database)
      .varint(key.length)
      .bytes(key)
    if (operation.type === 'put') writer.varint(operation.sealed.length).bytes(operation.sealed)
  }
}

/**
 * @param bytes borrowed: keys and values of the result are views of it
 * @throws JOURNAL_DAMAGED when the bytes are not a whole record
 */
export function readCommitRecord(bytes: Uint8Array): CommitRecord {
  const reader = new ByteReader(bytes, { code: 'JOURNAL_DAMAGED', what: 'a commit record' })
  const version = reader.u8()
  if (version !== RECORD_VERSION) throw reader.failure(`the unknown version ${version}`)
  const time = reader.u48()
  const actor = reader.text()
  const action = reader.text()
  const resourceClass = reader.text()
  const flags = reader.u8()
  if (flags > FLAGS_MAX) throw reader.failure(`the unknown flags ${flags}`)
  const facts: AuditFacts = {
    actor,
    action,
    resourceClass,
    ...(flags & HAS_RESOURCE ? { resourceHash: reader.bytes(16) } : {}),
    ...(flags & HAS_ENTRIES ? { entries: { count: reader.u32(), root: reader.bytes(32) } } : {}),
    ...(flags & HAS_CONTEXT ? { context: reader.text() } : {}),
  }
  const nonce = flags & HAS_NONCE ? reader.bytes(16) : undefined
  const backMs = flags & HAS_BACK ? reader.u48() : undefined
  const detail = flags & HAS_DETAIL ? reader.bytes(reader.varint()) : undefined
  const count = reader.varint()
  const operations: SealedOperation[] = []
  for (let index = 0; index < count; index++) operations.push(readOperation(reader))
  reader.end()
  const record = { time, backMs, facts, operations, nonce }
  return detail === undefined ? record : { ...record, detail }
}

function readOperation(reader: ByteReader): SealedOperation {
  const type = reader.u8()
  const database = reader.text()
  const key = reader.bytes(reader.varint())
  if (type === TYPE_DELETE) return { type: 'delete', database, key }
  if (type !== TYPE_PUT) throw reader.failure(`the unknown operation ${type}`)
  return { type: 'put', database, key, sealed: reader.bytes(reader.varint()) }
}
