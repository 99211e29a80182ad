import { ArgumentCheck, assert, ForgeError, readArgument } from '@forgeone/common'
import type { ExportOptions, TileTarget } from '../export/export-tiles.ts'
import type { EntryPart } from '../proof/receipt.ts'
import type { AuditFilter } from '../query/audit-entry.ts'

const check = new ArgumentCheck('AUDIT_ARGUMENT_INVALID')
/** Names and hashes that a filter can ask for; none is longer. */
const FILTER_CHARS_MAX = 256
const FILTER_NAMES = ['who', 'act', 'resource', 'outcome', 'from', 'to', 'limit', 'cursor'] as const
/** Lines that witnesses can have signed, and characters of a note or line. */
const LINES_MAX = 64
const NOTE_CHARS_MAX = 65_536

/** @throws AUDIT_INDEX_UNKNOWN for what is no number of a leaf */
export function leafNumber(value: number, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new ForgeError('AUDIT_INDEX_UNKNOWN', `${what} is not a whole number of at least 0`)
}

/** A leaf in the first `size` leaves of a log that has so many. @throws AUDIT_INDEX_UNKNOWN */
export function checkLeafRange(o: {
  readonly index: number
  readonly size: number
  readonly logSize: number
}): void {
  const { index, size, logSize } = o
  leafNumber(index, 'the index of a leaf')
  leafNumber(size, 'the size of a tree')
  if (index < size && size <= logSize) return
  const message = `the audit log has ${logSize} leaves; it has no leaf ${index} in ${size}`
  throw new ForgeError('AUDIT_INDEX_UNKNOWN', message)
}

/** @throws AUDIT_ARGUMENT_INVALID */
export function checkedFilter(filter: AuditFilter): AuditFilter {
  const { who, act, resource, outcome, from, to, limit, cursor } = check.options(
    filter,
    FILTER_NAMES,
    'the filter',
  )
  const texts = { who, act, resource, outcome }
  for (const [name, text] of Object.entries(texts))
    if (text !== undefined) check.text(text, name, { max: FILTER_CHARS_MAX })
  for (const [name, time] of Object.entries({ from, to }))
    if (time !== undefined) check.wholeNumber(time, name, { min: Number.MIN_SAFE_INTEGER })
  // Checked above; limit and cursor are checked where they are used.
  return { who, act, resource, outcome, from, to, limit, cursor } as AuditFilter
}

/** @throws AUDIT_ARGUMENT_INVALID */
export function checkedEntryPart(options: { readonly entry?: EntryPart }): EntryPart | undefined {
  const { entry } = check.options(options, ['entry'])
  if (entry === undefined) return undefined
  const { hash, index, size, path, content } = check.options(
    entry,
    ['hash', 'index', 'size', 'path', 'content'],
    'entry',
  )
  check.text(hash, 'entry.hash', { max: NOTE_CHARS_MAX })
  check.wholeNumber(index, 'entry.index')
  check.wholeNumber(size, 'entry.size')
  for (const step of check.list(path, 'entry.path', { max: LINES_MAX })) check.text(step, 'entry.path')
  if (content !== undefined) check.text(content, 'entry.content')
  // Every member was checked.
  return entry as EntryPart
}

/** Where an export goes and what is in it, read once: what is done is what was told. @throws AUDIT_ARGUMENT_INVALID */
export function checkedExport(
  target: TileTarget,
  options: ExportOptions,
): { readonly target: TileTarget; readonly options: ExportOptions } {
  check.port(target, ['write'], 'the target')
  const write = check.callback(
    readArgument('AUDIT_ARGUMENT_INVALID', () => target.write),
    'write of the target',
  )
  const { entries, onProgress } = check.options(options, ['entries', 'onProgress'])
  if (entries !== undefined) check.oneOf(entries, ['none', 'full'], 'entries')
  if (onProgress !== undefined) check.callback(onProgress as () => void, 'onProgress')
  // Every member was checked.
  const checked = { entries, onProgress } as ExportOptions
  return { target: { write: (path, bytes) => write.call(target, path, bytes) }, options: checked }
}

/** @throws AUDIT_ARGUMENT_INVALID, AUDIT_INDEX_UNKNOWN */
export function checkedMinIndex(options: { readonly minIndex: number }): number {
  const { minIndex } = check.options(options, ['minIndex'])
  // A number is asked for by its type.
  return leafNumber(minIndex as number, 'minIndex')
}

/** @throws AUDIT_ARGUMENT_INVALID */
export function checkedCosignatures(o: { readonly checkpoint: string; readonly lines: readonly string[] }): {
  readonly checkpoint: string
  readonly lines: readonly string[]
} {
  const { checkpoint, lines } = check.options(o, ['checkpoint', 'lines'])
  return {
    checkpoint: check.text(checkpoint, 'checkpoint', { max: NOTE_CHARS_MAX }),
    lines: check
      .list(lines, 'lines', { max: LINES_MAX })
      .map((line) => check.text(line, 'a line', { max: NOTE_CHARS_MAX })),
  }
}

/** @throws AUDIT_ARGUMENT_INVALID */
export function checkedPath(path: string): string {
  return check.text(path, 'the path')
}

/** What was loaded, as long as the log is open: what memory still holds would answer for some leaves, and not for others. */
export function openPart<T>(part: T | undefined, { closed }: { readonly closed: boolean }): T {
  assert(part !== undefined, 'the audit log was loaded')
  if (!closed) return part
  throw new ForgeError('STORE_CLOSED', 'the store is closed')
}
