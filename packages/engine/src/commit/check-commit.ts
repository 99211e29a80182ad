import { ForgeError, type AuditFacts } from '@forgeone/common'
import { KEY_BYTES_MAX, VALUE_BYTES_MAX, type CommitContent, type Operation } from '../port/store.ts'
import {
  ACTION_BYTES_MAX,
  ACTOR_BYTES_MAX,
  COMMIT_BYTES_MAX,
  COMMIT_OPERATIONS_MAX,
  CONTEXT_BYTES_MAX,
  DETAIL_BYTES_MAX,
  RESOURCE_CLASS_BYTES_MAX,
} from './commit-limits.ts'

const ACTION_PATTERN = /^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/

/**
 * Refuses a commit that breaks a limit.
 * @returns the bytes of its keys and values
 * @throws COMMIT_INVALID
 */
export function checkCommit(content: CommitContent): number {
  checkFacts(content.facts)
  const { detail } = content
  if (detail !== undefined && detail.length > DETAIL_BYTES_MAX) throw invalid('its detail is too long')
  return checkOperations(content.operations) + (detail?.length ?? 0)
}

/** The same for rows alone. @throws COMMIT_INVALID */
export function checkOperations(operations: readonly Operation[]): number {
  if (operations.length > COMMIT_OPERATIONS_MAX)
    throw invalid(`it has more than ${COMMIT_OPERATIONS_MAX} operations`)
  let bytes = 0
  for (const operation of operations) bytes += checkOperation(operation)
  if (bytes > COMMIT_BYTES_MAX) throw invalid(`it has ${bytes} bytes, the limit is ${COMMIT_BYTES_MAX}`)
  return bytes
}

function checkOperation(operation: Operation): number {
  const { key } = operation
  if (key.length === 0 || key.length > KEY_BYTES_MAX)
    throw invalid(`a key has ${key.length} bytes, allowed are 1 to ${KEY_BYTES_MAX}`)
  // Flush points compact the empty range above all keys, so nothing may sort up there.
  if (key[0] === 0xff) throw invalid('a key begins with the reserved byte ff')
  if (operation.type === 'delete') return key.length
  if (operation.value.length > VALUE_BYTES_MAX)
    throw invalid(`a value has ${operation.value.length} bytes, the limit is ${VALUE_BYTES_MAX}`)
  return key.length + operation.value.length
}

function checkFacts(facts: AuditFacts): void {
  if (!ACTION_PATTERN.test(facts.action) || facts.action.length > ACTION_BYTES_MAX)
    throw invalid('its action is not <facility>.<verb>')
  if (facts.actor.length === 0 || Buffer.byteLength(facts.actor) > ACTOR_BYTES_MAX)
    throw invalid('its actor is empty or too long')
  // Half a surrogate pair would come back from the journal as another character, and the leaf as another leaf.
  if (!facts.actor.isWellFormed() || !facts.resourceClass.isWellFormed())
    throw invalid('its actor or resource class is no well-formed text')
  if (Buffer.byteLength(facts.resourceClass) > RESOURCE_CLASS_BYTES_MAX)
    throw invalid('its resource class is too long')
  if (facts.resourceHash !== undefined && facts.resourceHash.length !== 16)
    throw invalid('its resource hash has not 16 bytes')
  if (facts.entries !== undefined && facts.entries.root.length !== 32)
    throw invalid('its entry root has not 32 bytes')
  if (facts.context !== undefined && Buffer.byteLength(facts.context) > CONTEXT_BYTES_MAX)
    throw invalid('its context is too long')
}

function invalid(reason: string): ForgeError {
  return new ForgeError('COMMIT_INVALID', `the commit was refused: ${reason}`)
}
