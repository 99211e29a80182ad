/**
 * Every error code of every package, with what the caller should do about it.
 * Callers branch on the code; `docs/errors.md` repeats this list and the tidy tool compares the two.
 */
export const ERROR_CODES = {
  // Opening and the life of a store
  STORE_NOT_FOUND: 'Check the path, or create a store there with `forge init`.',
  STORE_NOT_A_STORE:
    'The directory holds other files. Choose an empty directory or the directory of a store.',
  STORE_EXISTS: 'A store is already there. Open it, or choose another directory.',
  STORE_VERSION: 'The store was written by a newer ForgeOne. Upgrade ForgeOne; nothing was changed.',
  STORE_UNWRITABLE:
    'Give this user permission on the directory, or open it with `readOnly` (--read-only) if reading is enough.',
  STORE_READ_ONLY: 'Open the store without `readOnly` (--read-only) to write.',
  STORE_LOCKED: 'Another process has the store open. Close it there, then try again.',
  STORE_FENCED: 'Another process took the store over while this one was stopped. Reopen the store.',
  STORE_CLOSED: 'The store was closed. Open it again before using it.',
  STORE_FAILED: 'A write failed and the store stopped writing. Fix the cause, then reopen; reads still work.',
  STORE_DAMAGED: 'A file of the store is damaged. Run `forge doctor`, and restore that file from a backup.',
  STORE_OPTION_INVALID: 'Correct the option named in the message.',
  STORE_OPTION_MISMATCH: 'The store was created with another value. Open it without this option.',
  STORAGE_FULL: 'The disk is nearly full. Free space; the store writes again by itself.',
  QUOTA_EXCEEDED: 'The store has reached maxSizeGb. Delete data or raise the quota.',
  OVERLOADED: 'Too many writes are waiting. Slow down and try again.',
  COMMIT_INVALID: 'The commit breaks a limit named in the message. Correct it; nothing was written.',
  COMMIT_CONFLICT:
    'What the commit depends on was changed since it was read. Nothing was written; read it again and try once more.',
  COMMIT_ABANDONED:
    'Another part of the same transaction was refused; nothing was written. Its error says why.',
  TRANSACTION_INVALID: 'Correct what the transaction was given; nothing was written.',
  UNSAFE_FILESYSTEM: 'Use a local disk, or allow this file system by name.',
  // Damage
  JOURNAL_DAMAGED: 'The journal is broken before its end. Run `forge doctor`; do not delete files.',
  JOURNAL_TAIL_LOST: 'Commits that were once durable are missing from the journal. Restore from a backup.',
  RESTORE_INCOMPLETE: 'Run the same restore again, or empty the directory; do not open what is half there.',
  STORE_IS_IMAGE:
    'To go on from it as a store of its own, run `forge audit accept-rollback --reason TEXT`; it can be read as it is.',
  JOURNAL_POSITION_UNKNOWN: 'Ask for the end of the journal anew and begin there; what lies before is gone.',
  JOURNAL_TAIL_TORN:
    'As a rule a crash tore it before it was acknowledged. If the store was closed cleanly, find out who had the files.',
  DATABASE_OFFLINE:
    'This database was set aside because it is damaged. Run `forge doctor`; the others still serve.',
  DATABASE_DAMAGED: 'A database file is damaged. Run `forge doctor`, and restore from a backup.',
  RECORD_TAMPERED: 'A stored value is not what was written. Run `forge verify` to see how far it goes.',
  STATE_MISMATCH:
    'Rows of the database are older than the journal tells: somebody put them back. Restore its directory from a copy of the same time, or accept them with `forge audit accept-rollback`.',
  CHECKPOINT_FAILED: 'The image could not be taken. The message says why; the store itself is untouched.',
  BACKGROUND_FAILED:
    'It is tried again by itself. While it fails, see whether the disk and its permissions are in order.',
  IO_FAILED: 'The operating system refused a file operation. The message names it.',
  // Keys and sealing
  CRYPTO_OPEN_FAILED: 'A sealed value is not authentic at its place. Run `forge verify`.',
  CRYPTO_FORMAT: 'A sealed value is malformed. Run `forge verify`.',
  CRYPTO_SUITE_REFUSED: 'The value uses a cipher suite this store does not allow.',
  CRYPTO_KEY_UNKNOWN:
    'The keyring lacks the key of this value. Restore the keyring that belongs to the store.',
  CRYPTO_KEY_DESTROYED: 'The key of this value was destroyed on purpose; the value cannot be read any more.',
  CRYPTO_LOCKED: 'The keyring was locked. Open the store again.',
  CRYPTO_VALUE_TOO_LARGE: 'Split the value; the limit stands in the message.',
  CRYPTO_KEY_EXHAUSTED: 'The data key has reached its seal limit. Rotate the key.',
  KEY_SECRET_MISSING: 'Give the secret: FORGE_SECRET, --secret-file, or the prompt of a terminal.',
  KEY_SECRET_WRONG: 'The secret does not open this store. Check it and try again.',
  KEY_SECRET_WEAK: 'Use a passphrase of at least 12 characters, or a 32-byte key.',
  KEY_FILE_UNSAFE: 'Make the key file readable by its owner only (chmod 600), outside the data directory.',
  KEY_PROVIDER_FAILED: 'The key provider gave no key. The message says which one.',
  KEY_UNKNOWN: 'List the keys with `forge keys status`.',
  KEY_SLOT_UNKNOWN: 'List the slots with `forge keys status`.',
  KEY_SLOT_LAST: 'Add another way to open the store before you remove the last one.',
  KEY_SHARES_INVALID:
    'Give as many whole shares of one set as its threshold asks for; the message says what is wrong.',
  KEY_IN_USE: 'Rotate and re-seal first: `forge keys rotate`. The message counts what still needs the key.',
  FIELD_LOW_CARDINALITY: 'Use a compound index: so few values are known by their frequency.',
  KEYRING_ROLLED_BACK:
    'An older keyring was put back. Restore the newest one; if that is lost, accept this one with `forge keys accept-restored`.',
  SHRED_KEYS_TAMPERED:
    'Restore `keys` and `keyring` together from the newest key backup; without one, accept what is there with `forge keys accept-restored`.',
  KDF_TOO_WEAK: 'The key derivation of this keyring is below the accepted floor.',
  KDF_TOO_COSTLY: 'The key derivation of this keyring asks for more than the accepted ceiling.',
  KEYRING_DAMAGED: 'Both keyring files are damaged. Restore `keyring` from a key backup.',
  KEYRING_MISSING: 'Restore `keyring` from a key backup; without it the data cannot be opened.',
  KEYRING_VERSION: 'The keyring was written by a newer ForgeOne. Upgrade ForgeOne.',
  // Streams
  STREAM_TOPIC_INVALID: 'Topics are dot-separated tokens without blanks, control characters, * or >.',
  STREAM_PATTERN_INVALID: 'In a pattern * stands for one whole token, and > for the rest, at the end only.',
  STREAM_VALUE_INVALID: 'Correct the field named in the message.',
  STREAM_LIMIT: 'The input is above the limit named in the message. Split it.',
  STREAM_TOPIC_UNKNOWN: 'List the topics with `forge topics`.',
  STREAM_TOPIC_EXISTS: 'Choose another topic name.',
  STREAM_HELD: 'End the legal hold of the topic first, if you may.',
  STREAM_ENTRY_UNKNOWN: 'No entry has this id.',
  STREAM_VERSION_CONFLICT: 'The topic changed meanwhile. Read its version again and retry.',
  STREAM_ID_EXISTS: 'An entry with this id is already stored.',
  STREAM_IDEMPOTENCY_CONFLICT:
    'The idempotency key was used for other content. Use a new key for each append.',
  STREAM_BACKPRESSURE: 'Wait for earlier appends, then retry.',
  STREAM_QUERY_SYNTAX: 'Correct the expression at the place the caret shows.',
  STREAM_QUERY_UNSAFE:
    'Rewrite the regular expression without backreferences and lookaround; the message names what it uses.',
  STREAM_QUERY_LIMIT: 'Shorten the query, or ask for less; the limit stands in the message.',
  STREAM_COMPACTION_FAILED:
    'Blocks could not be rewritten; nothing was changed. Try again, and report it if it stays.',
  STREAM_BLOCK_DAMAGED: 'A block cannot be read; others can. Run `forge verify`.',
  STREAM_SCHEMA_MISMATCH: 'Correct the payload, or the schema; the message says what does not fit.',
  STREAM_SOURCE_CHANGED:
    'Nothing of it was stored. Give a function that opens the source anew, so that it is told from others, or another name.',
  STREAM_IMPORT_FORMAT: 'Name the format with --format; the message lists them.',
  STREAM_TIME_INVALID: 'Give a time as ISO 8601, milliseconds, or relative like -15m, -2h, -7d.',
  STREAM_GROUP_UNKNOWN: 'List the groups with `forge groups list`, or name topics to create one.',
  STREAM_GROUP_EXISTS: 'Use the group as it is, or choose another name.',
  STREAM_DELIVERY_EXPIRED:
    'The event went back to its group. Drop the effect, or make it idempotent; extend the time.',
  STREAM_DELIVERY_SETTLED: 'Settle each delivery once.',
  STREAM_CHECKPOINT_UNKNOWN: 'No checkpoint has this name. List them.',
  STREAM_UPCAST_FAILED: 'Correct the upcast; the message names the event. Others are not concerned.',
  STREAM_PROOF_INCOMPLETE:
    'Entries of the same commit were removed, so its root can no longer be computed from what is stored.',
  // Audit log
  AUDIT_LEAF_TOO_LARGE: 'Shorten what the commit says about itself; the limit stands in the message.',
  AUDIT_DIVERGED:
    'The audit log is not what it was signed as. Nothing is signed any more; run `forge audit verify`.',
  AUDIT_ACTION_UNKNOWN:
    'The kind of commit is not registered in this version. Nothing was written; report it.',
  AUDIT_NOTHING_TO_ACCEPT:
    'Open the store as it is. If it is a copy that is to live on beside the other, say so: `copy: true` (--copy).',
  AUDIT_ROLLBACK:
    'The audit log is shorter than a checkpoint of it: older files were put back. Restore newer ones; if it was meant, go on with `forge audit accept-rollback`.',
  AUDIT_FORK:
    'The audit log has another history than a checkpoint of it. Ask who wrote to a copy; go on with `forge audit accept-rollback`.',
  AUDIT_PRUNED: 'The leaves below the index named in the message were removed; their hashes are still there.',
  AUDIT_ARGUMENT_INVALID: 'Correct the argument named in the message.',
  AUDIT_INDEX_UNKNOWN: 'The audit log has no leaf with this number yet.',
  AUDIT_QUERY_INDEX_DAMAGED:
    'The leaves are whole, but queries by actor, action or resource may have missed some. Run `forge audit reindex`.',
  AUDIT_ANCHOR_FAILED: 'The checkpoint could not be taken elsewhere. The message says where and why.',
  AUDIT_ANCHOR_EMPTY:
    'Bring the anchor back: mount its disk. If an empty one is meant, run `forge audit anchor --file FILE --new`.',
  AUDIT_SIGNER_MISSING: 'The audit log was opened without a key to sign with.',
  // What the verifier of the audit log says
  PROOF_FORMAT: 'The proof or receipt is malformed. Ask for it again.',
  PROOF_ROOT: 'The proof does not lead to what the log has signed. Do not believe the leaf.',
  PROOF_INDEX: 'The proof is about a place outside the signed tree. Do not believe it.',
  NOTE_FORMAT: 'The checkpoint is malformed. Ask for it again.',
  NOTE_SIGNATURE: 'A signature of a known key is wrong. Do not believe the checkpoint.',
  NOTE_UNTRUSTED: 'No key that you trust has signed the checkpoint. Check the key or policy.',
  QUORUM_MISSED: 'Too few witnesses that you trust have cosigned. Wait for them, or correct the policy.',
  LEAF_MISMATCH: 'The leaf is not the one that the proof is about. Do not believe it.',
  ENTRY_MISMATCH: 'The entry is not part of the commit that the proof is about. Do not believe it.',
  POLICY_FORMAT: 'The policy or verifier key is malformed. Correct the line named in the message.',
  // Vault
  VAULT_SEALED: 'Unseal the vault with `forge vault unseal`.',
  VAULT_UNKNOWN: 'List the secrets with `forge vault list`.',
  VAULT_PATH_INVALID: 'Paths are segments joined by /, without empty ones, ., .. or control characters.',
  VAULT_CAS_MISMATCH: 'Someone set the secret meanwhile. Read its version again and retry.',
  VAULT_CAS_REQUIRED: 'Give the version that the new one should replace.',
  VAULT_VERSION_DESTROYED: 'The version was destroyed for good. Read another one.',
  VAULT_LEASE_EXPIRED: 'Ask for a new lease.',
  VAULT_LEASE_SPENT: 'Ask for a new lease with more uses.',
  VAULT_LIMIT: 'The message names the limit.',
  VAULT_ENV_FORMAT: 'Correct the line or the name in the message.',
  // Access
  ACCESS_DENIED: 'Ask a security officer for the right, or use another principal.',
  ACCESS_GRANT_INVALID: 'Correct the grant; the message says what is wrong with it.',
  ACCESS_SELF_GRANT: 'Let another security officer do it.',
  ACCESS_ROLE_UNKNOWN: 'List the roles with `forge access list`.',
  ACCESS_TOKEN_INVALID: 'Check the token, or ask for a new one.',
  ACCESS_TOKEN_EXPIRED: 'Ask for a new token.',
  ACCESS_UNKNOWN: 'List rights and tokens with `forge access list`.',
  ACCESS_LIMIT: 'The message names the limit.',
  // Compliance
  BUNDLE_INVALID: 'The evidence cannot be relied on; the message names what is wrong.',
  BUNDLE_PERIOD: 'Give a period of at most 400 days, such as 2026-01-01/2026-12-31.',
  BUNDLE_LIMIT: 'Choose a shorter period.',
  SUBJECT_UNKNOWN:
    'Check how the name is written. Nothing is sealed for it, or it was erased before; nothing was certified.',
  SUBJECT_INVALID: 'Name the subject by a short text, such as a customer number.',
  ERASE_HELD: 'End the legal hold first, if you may.',
  // Settings
  SETTING_INVALID: 'Correct the setting name or value named in the message.',
  SETTING_UNKNOWN: 'List the settings with `forge settings list`.',
  // Cache
  CACHE_CLOSED: 'The cache was closed. Open it again before using it.',
  CACHE_OVERLOADED: 'Too many loads are under way. Slow down and try again.',
  CACHE_KEY_TOO_LONG: 'Normalize or shorten the path; the message says what is wrong with it.',
  CACHE_PEER_MISSING: 'Install the packages level and zod beside @forgeone/cache.',
  CACHE_CONFIG_INVALID: 'Correct the option named in the message.',
  // Disk images
  IMAGE_UNREADABLE: 'Check the path and its permissions; only regular files and block devices are read.',
  IMAGE_TRUNCATED: 'The image ends before what it refers to. Get a whole copy.',
  IMAGE_LIMIT: 'The image goes beyond the limit named in the message. It may be damaged or hostile.',
  IMAGE_DAMAGED: 'The image contradicts itself at the place named in the message.',
  IMAGE_UNSUPPORTED: 'This file system is known by name only; its directories cannot be listed.',
  IMAGE_PATH_UNKNOWN: 'List the directory above it, or the zones of the image.',
  IMAGE_CHANGED: 'The image changed while it was read. Try again once nobody writes to it.',
  IMAGE_ARGUMENT_INVALID: 'Correct the argument named in the message.',
  // Other processes
  STORE_NOT_SHARED:
    "No process shares the store. Open it yourself, or start the one that has it with `share: 'local'`.",
  STORE_HOST_LOST:
    'The process that had the store is gone. Connect again; `details.outcome` says whether the call may have been carried out.',
  IPC_VERSION: 'The two processes have versions of ForgeOne that cannot talk. Upgrade the older one.',
  IPC_PROTOCOL:
    'The other side broke the protocol and the connection was closed. Connect again, and report it if it stays.',
  IPC_SLOW_CLIENT:
    'The connection was closed because its answers were not read. Connect again; read what you ask for.',
  IPC_LIMIT: 'A limit of the connection, named in the message, is reached. Ask for less at once.',
  IPC_VALUE_INVALID:
    'Give plain data, or a function or iterable where the method takes one; the message says what cannot go to another process.',
  IPC_METHOD_UNKNOWN:
    'The other side has no such method. Check the name, and that both have the same version.',
  // Command line
  USAGE: 'Run the command with --help.',
  INPUT_NOT_FOUND: 'Check the path.',
  INPUT_UNREADABLE: 'Check the file: the message says what could not be read.',
  INTERRUPTED: 'Run the same command again; it continues where it stopped.',
  INTERNAL: 'This is a defect of ForgeOne. Please report it with the message.',
} as const

export type ErrorCode = keyof typeof ERROR_CODES
