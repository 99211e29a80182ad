// What is wrong with a call may be said with names: of topics, groups, secrets, files of the host. A principal hears those
// that he gave himself, and of everything else the code alone, with what the code says to do.

import { ForgeError, type ErrorCode, type ErrorDetails, isError, isPromise } from '@forgeone/common'

/** Their messages repeat what the caller passed or asked for by name, and say nothing of what is stored. */
const ABOUT_ARGUMENTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'STORE_OPTION_INVALID',
  'STORE_CLOSED',
  'OVERLOADED',
  'KEY_UNKNOWN',
  'KEY_IN_USE',
  'CRYPTO_VALUE_TOO_LARGE',
  'AUDIT_LEAF_TOO_LARGE',
  'KEY_SLOT_UNKNOWN',
  'STREAM_TOPIC_INVALID',
  'STREAM_PATTERN_INVALID',
  'STREAM_VALUE_INVALID',
  'STREAM_LIMIT',
  'STREAM_TOPIC_UNKNOWN',
  'STREAM_TOPIC_EXISTS',
  'STREAM_HELD',
  'STREAM_ENTRY_UNKNOWN',
  'STREAM_VERSION_CONFLICT',
  'STREAM_ID_EXISTS',
  'STREAM_IDEMPOTENCY_CONFLICT',
  'STREAM_BACKPRESSURE',
  'STREAM_QUERY_SYNTAX',
  'STREAM_QUERY_UNSAFE',
  'STREAM_QUERY_LIMIT',
  'STREAM_IMPORT_FORMAT',
  'STREAM_TIME_INVALID',
  'STREAM_GROUP_UNKNOWN',
  'STREAM_DELIVERY_EXPIRED',
  'STREAM_DELIVERY_SETTLED',
  'STREAM_CHECKPOINT_UNKNOWN',
  'AUDIT_ARGUMENT_INVALID',
  'AUDIT_INDEX_UNKNOWN',
  'AUDIT_PRUNED',
  'VAULT_SEALED',
  'VAULT_UNKNOWN',
  'VAULT_PATH_INVALID',
  'VAULT_CAS_MISMATCH',
  'VAULT_CAS_REQUIRED',
  'VAULT_VERSION_DESTROYED',
  'VAULT_LEASE_EXPIRED',
  'VAULT_LEASE_SPENT',
  'VAULT_LIMIT',
  'ACCESS_DENIED',
  'ACCESS_GRANT_INVALID',
  'ACCESS_SELF_GRANT',
  'ACCESS_ROLE_UNKNOWN',
  'ACCESS_TOKEN_INVALID',
  'ACCESS_TOKEN_EXPIRED',
  'ACCESS_UNKNOWN',
  'ACCESS_LIMIT',
  'SUBJECT_UNKNOWN',
  'SUBJECT_INVALID',
  'SETTING_INVALID',
  'SETTING_UNKNOWN',
  'CACHE_CLOSED',
  'CACHE_OVERLOADED',
  'CACHE_KEY_TOO_LONG',
  'CACHE_CONFIG_INVALID',
])

/** Details whose texts are words of our own: which argument, and what it may be. Numbers are safe under any name. */
const OWN_WORDS: ReadonlySet<string> = new Set([
  'field',
  'option',
  'reason',
  'limit',
  'valid',
  'expected',
  'suggestion',
  'formats',
  'action',
])

/** An error without the names of others. Idempotent. */
export function forPrincipal(error: unknown): unknown {
  if (!(error instanceof ForgeError)) return isOfHost(error) ? hidden('IO_FAILED') : error
  const { code, message, cause } = error
  const details = safeDetails(error)
  if (!ABOUT_ARGUMENTS.has(code)) return hidden(code, details)
  // A foreign cause is of the system or of somebody's code, with whatever that puts into it.
  const own = cause instanceof ForgeError ? { cause: forPrincipal(cause) } : {}
  return new ForgeError(code, message, { details, hint: error.hint, ...own })
}

/** A call with errors without the names of others, also when it fails later. */
export function callForPrincipal<T>(call: () => T): T {
  try {
    const result = call()
    // A promise of the same type, which only rejects with another reason.
    return isPromise(result) ? (settledForPrincipal(result) as T) : result
  } catch (error) {
    throw forPrincipal(error)
  }
}

/** The same for what a promise rejects with. */
export async function settledForPrincipal<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise
  } catch (error) {
    throw forPrincipal(error)
  }
}

function hidden(code: ErrorCode, details: ErrorDetails = {}): ForgeError {
  return new ForgeError(code, 'the call failed; the owner of the store can see at what', { details })
}

function safeDetails({ code, details }: ForgeError): ErrorDetails {
  const mayHaveWords = ABOUT_ARGUMENTS.has(code)
  const safe = Object.entries(details).filter(
    ([name, value]) =>
      value === null ||
      typeof value === 'number' ||
      typeof value === 'boolean' ||
      (mayHaveWords && OWN_WORDS.has(name)),
  )
  return Object.fromEntries(safe)
}

/** Of the operating system, with a path; or of many, with what each of them says. */
function isOfHost(error: unknown): boolean {
  return (isError(error) && error.name === 'AggregateError') || (isError(error) && 'syscall' in error)
}
