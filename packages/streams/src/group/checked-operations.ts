import { copyBytes, ForgeError, isForgeError, isBytes } from '@forgeone/common'
import type { Operation } from '@forgeone/engine'

/** Rows that others may add to one ack. */
const OPERATIONS_MAX = 1000
const OPERATION_BYTES_MAX: number = 4 * 1024 * 1024
/** Small rows cost too: so many bytes each, at least, against the limit of a shared commit. */
const OPERATION_BYTES_MIN = 1024

/**
 * Checks rows that become part of a shared commit before they do: refused there, they would take others with them.
 * The store says itself what it would refuse. Rows are copied, since their caller may change them meanwhile.
 * @throws COMMIT_INVALID, DATABASE_OFFLINE
 */
export function checkedOperations(
  given: unknown,
  checkInStore: (operations: readonly Operation[]) => number,
): readonly Operation[] {
  const operations = copied(given)
  if (checkInStore(operations) > OPERATION_BYTES_MAX)
    throw invalid(`its rows have more than ${OPERATION_BYTES_MAX} bytes`)
  return operations
}

function copied(given: unknown): readonly Operation[] {
  try {
    if (!Array.isArray(given)) throw invalid('it is no list of rows')
    if (given.length > OPERATIONS_MAX) throw invalid(`it has more than ${OPERATIONS_MAX} rows`)
    return Array.from(given, copiedOperation)
  } catch (cause) {
    // Reading them may run code of the caller.
    throw isForgeError(cause) ? cause : invalid('a row cannot be read', cause)
  }
}

function copiedOperation(given: unknown): Operation {
  if (typeof given !== 'object' || given === null) throw invalid('a row is no object')
  const { type, database, key, value } = given as Readonly<Record<string, unknown>>
  if (type !== 'put' && type !== 'delete') throw invalid('a row neither puts nor deletes')
  if (typeof database !== 'string') throw invalid('a row names no database')
  if (!isBytes(key)) throw invalid('a key is not bytes')
  if (type === 'delete') return { type, database, key: copyBytes(key) }
  if (!isBytes(value)) throw invalid('a value is not bytes')
  return { type, database, key: copyBytes(key), value: copyBytes(value) }
}

/** What rows count for in the size of a commit that appends share. */
export function weighedBytes(operations: readonly Operation[]): number {
  let bytes = 0
  for (const operation of operations) {
    const own = operation.key.length + (operation.type === 'put' ? operation.value.length : 0)
    bytes += Math.max(OPERATION_BYTES_MIN, own)
  }
  return bytes
}

function invalid(reason: string, cause?: unknown): ForgeError {
  const message = `what was to be committed with an ack was refused: ${reason}`
  return new ForgeError('COMMIT_INVALID', message, { cause })
}
