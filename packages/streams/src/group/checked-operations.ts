import { ForgeError } from '@forgeone/common'
import { KEY_BYTES_MAX, VALUE_BYTES_MAX, type Operation } from '@forgeone/engine'

/** Rows that others may add to one ack. */
const OPERATIONS_MAX = 1000
const OPERATION_BYTES_MAX: number = 4 * 1024 * 1024
/** Small rows cost too: so many bytes each, at least, against the limit of a shared commit. */
const OPERATION_BYTES_MIN = 1024

/**
 * Checks rows that become part of a shared commit before they do: refused there, they would take others with them.
 * @throws COMMIT_INVALID
 */
export function checkedOperations(
  operations: readonly Operation[],
  databases: readonly string[],
): readonly Operation[] {
  if (operations.length > OPERATIONS_MAX) throw invalid(`it has more than ${OPERATIONS_MAX} rows`)
  let bytes = 0
  for (const operation of operations) {
    const { database, key } = operation
    if (!databases.includes(database)) throw invalid(`the store has no database ${database}`)
    if (key.length === 0 || key.length > KEY_BYTES_MAX || key[0] === 0xff)
      throw invalid('a key is out of range')
    const valueBytes = operation.type === 'put' ? operation.value.length : 0
    if (valueBytes > VALUE_BYTES_MAX) throw invalid(`a value has more than ${VALUE_BYTES_MAX} bytes`)
    bytes += key.length + valueBytes
  }
  if (bytes > OPERATION_BYTES_MAX) throw invalid(`its rows have more than ${OPERATION_BYTES_MAX} bytes`)
  return operations
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

function invalid(reason: string): ForgeError {
  return new ForgeError('COMMIT_INVALID', `what was to be committed with an ack was refused: ${reason}`)
}
