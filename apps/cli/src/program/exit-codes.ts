import { ForgeError, type ErrorCode } from '@forgeone/common'

/** Stable: scripts branch on them. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  denied: 4,
  damaged: 5,
  interrupted: 130,
} as const

const BY_CODE: ReadonlyMap<ErrorCode, number> = new Map<ErrorCode, number>([
  ...codes(EXIT.usage, [
    'USAGE',
    'STORE_OPTION_INVALID',
    'STORE_OPTION_MISMATCH',
    'STREAM_TOPIC_INVALID',
    'STREAM_PATTERN_INVALID',
    'STREAM_VALUE_INVALID',
    'STREAM_QUERY_SYNTAX',
    'STREAM_QUERY_UNSAFE',
    'STREAM_QUERY_LIMIT',
    'STREAM_TIME_INVALID',
    'STREAM_IMPORT_FORMAT',
    'STREAM_LIMIT',
    'SETTING_INVALID',
    'VAULT_PATH_INVALID',
    'ACCESS_GRANT_INVALID',
    'ACCESS_ROLE_UNKNOWN',
    'ACCESS_LIMIT',
    'BUNDLE_PERIOD',
    'BUNDLE_LIMIT',
    'SUBJECT_INVALID',
    'VAULT_ENV_FORMAT',
    'VAULT_LIMIT',
    'VAULT_CAS_REQUIRED',
    'PROOF_FORMAT',
    'NOTE_FORMAT',
    'POLICY_FORMAT',
    'AUDIT_ARGUMENT_INVALID',
    'CACHE_CONFIG_INVALID',
    'CACHE_KEY_TOO_LONG',
  ]),
  ...codes(EXIT.notFound, [
    'STORE_NOT_FOUND',
    'STORE_NOT_A_STORE',
    'INPUT_NOT_FOUND',
    'STREAM_TOPIC_UNKNOWN',
    'STREAM_ENTRY_UNKNOWN',
    'STREAM_GROUP_UNKNOWN',
    'STREAM_CHECKPOINT_UNKNOWN',
    'SETTING_UNKNOWN',
    'KEY_SLOT_UNKNOWN',
    'KEY_UNKNOWN',
    'VAULT_UNKNOWN',
    'ACCESS_UNKNOWN',
    'AUDIT_INDEX_UNKNOWN',
    'AUDIT_PRUNED',
    'IMAGE_PATH_UNKNOWN',
  ]),
  ...codes(EXIT.denied, [
    'KEY_SECRET_MISSING',
    'KEY_SECRET_WRONG',
    'KEY_SECRET_WEAK',
    'KEY_FILE_UNSAFE',
    'KEY_PROVIDER_FAILED',
    'KEY_SHARES_INVALID',
    'VAULT_SEALED',
    'ACCESS_DENIED',
    'ERASE_HELD',
    'ACCESS_SELF_GRANT',
    'ACCESS_TOKEN_INVALID',
    'ACCESS_TOKEN_EXPIRED',
    'VAULT_LEASE_EXPIRED',
    'VAULT_LEASE_SPENT',
  ]),
  ...codes(EXIT.damaged, [
    'STORE_DAMAGED',
    'JOURNAL_DAMAGED',
    'JOURNAL_TAIL_LOST',
    'DATABASE_OFFLINE',
    'DATABASE_DAMAGED',
    'RECORD_TAMPERED',
    'STATE_MISMATCH',
    'CRYPTO_OPEN_FAILED',
    'CRYPTO_FORMAT',
    'CRYPTO_KEY_UNKNOWN',
    'KEYRING_DAMAGED',
    'KEYRING_MISSING',
    'KEYRING_ROLLED_BACK',
    'BUNDLE_INVALID',
    'STREAM_BLOCK_DAMAGED',
    'IMAGE_TRUNCATED',
    'IMAGE_LIMIT',
    'IMAGE_DAMAGED',
    'AUDIT_DIVERGED',
    'AUDIT_ROLLBACK',
    'AUDIT_FORK',
    'AUDIT_QUERY_INDEX_DAMAGED',
    'PROOF_ROOT',
    'PROOF_INDEX',
    'NOTE_SIGNATURE',
    'NOTE_UNTRUSTED',
    'QUORUM_MISSED',
    'LEAF_MISMATCH',
    'ENTRY_MISMATCH',
  ]),
  ...codes(EXIT.interrupted, ['INTERRUPTED']),
])

function codes(exit: number, list: readonly ErrorCode[]): [ErrorCode, number][] {
  return list.map((code) => [code, exit])
}

export function exitCodeOfCode(code: ErrorCode): number {
  return BY_CODE.get(code) ?? EXIT.failed
}

export function exitCodeOf(error: unknown): number {
  return error instanceof ForgeError ? exitCodeOfCode(error.code) : EXIT.failed
}
