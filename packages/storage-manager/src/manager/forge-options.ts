import {
  copyBytes,
  ForgeError,
  isBytes,
  readArgument,
  type Clock,
  type Logger,
  type Random,
  type Timer,
  nearestName,
} from '@forgeone/common'
import type { Anchor } from '@forgeone/audit'
import { SUITE_NAMES, type KeyProvider, type SuiteName } from '@forgeone/crypto'
import type { Durability } from '@forgeone/engine'
import { SHARD_COUNT_MAX } from '@forgeone/streams'
import { z } from 'zod'
import type { AnchorLoss, AnchorPlan } from '../audit/anchor-plan.ts'
import type { KeyPolicy } from '../keys/key-policy-options.ts'

/** A passphrase of at least 12 characters, or 32 random bytes. */
export type Secret = string | { readonly key: Uint8Array }

/** A reason stands in a leaf, beside what else a commit tells of itself. */
export const REASON_BYTES_MAX = 512

/** Somebody takes the responsibility; the reason goes into the log. */
export interface Acceptance {
  readonly reason: string
}

/** Of a state that is older than what is known, or of a copy. */
export interface RollbackAcceptance extends Acceptance {
  /** Goes on under a new name though nothing refuses the store: it is a copy that lives on beside the other. */
  readonly copy?: boolean | undefined
}

/** How a store is opened. Only `path` is always needed, and a secret unless the store is not encrypted. */
export interface ForgeOptions {
  /** Directory of the store; it is created when missing. */
  readonly path: string
  readonly secret?: Secret | undefined
  /** Instead of `secret`: a key file, an environment variable, or a provider of your own. */
  readonly keyProvider?: KeyProvider | undefined
  /** `if-missing` (default), `never`: fail where no store is, `always`: fail where one is. */
  readonly create?: 'if-missing' | 'never' | 'always' | undefined
  /**
   * Reads, and writes nothing into the directory, which may lie on a mount without writing, belong to another user or be full:
   * what opening needs to change is copied into the directory for temporary files. Nobody may have it open meanwhile.
   */
  readonly readOnly?: boolean | undefined
  /**
   * Waits so many milliseconds for a store that another process or thread has open, instead of failing with `STORE_LOCKED` at
   * once; default 0, at most ten minutes. A lock whose holder is gone and cannot be seen from here ends by itself within 30 s.
   */
  readonly lockWaitMs?: number | undefined
  /**
   * `local`: other processes of this user can use the store while it is open, by `Forge.connect` and the command line, through a
   * socket in its directory. `off` (the default): this process alone.
   */
  readonly share?: 'local' | 'off' | undefined
  /** 1 to 16, default 4; fixed when the store is created. */
  readonly shardCount?: number | undefined
  /** Writes are refused with `QUOTA_EXCEEDED` above this many GiB. */
  readonly maxSizeGb?: number | undefined
  /** `sync` (default): acknowledged means durable. `relaxed`: durable a tenth of a second later. */
  readonly durability?: Durability | undefined
  /** Cipher of a new store, default `aes-256-gcm`; `none` keeps integrity but hides nothing. */
  readonly encryption?: SuiteName | undefined
  /**
   * Ciphers to rely on, default all: a store of another is not opened, and not created. The vault and values of subjects
   * are sealed with `xchacha20-poly1305` besides, whatever the cipher of the store is.
   */
  readonly allowedSuites?: readonly SuiteName[] | undefined
  /** Memory for decoded blocks of logs and events together, in MiB; default 128. */
  readonly cacheMb?: number | undefined
  /**
   * `background` (the default) rewrites logs and events into smaller blocks while the store is open; `manual` does so
   * only when `compact` is called.
   */
  readonly compaction?: 'background' | 'manual' | undefined
  /**
   * Where checkpoints are kept that this directory cannot take back. Opening compares with each: only so does a rollback of
   * the whole directory show. Checkpoints are published every hour and on closing.
   */
  readonly anchors?: readonly (Anchor | AnchorPlan)[] | undefined
  /** A required anchor that fails for so long is lost; default one hour. */
  readonly anchorGraceMs?: number | undefined
  /** `report` (default): a lost anchor shows in the health. `stop`: no commit is taken until it answers again. */
  readonly onAnchorLoss?: AnchorLoss | undefined
  /**
   * Goes on from what is there though an anchor, or the journal, knows otherwise: after a restore that was meant, or in a
   * copy that is to live on its own (`copy: true`, where nothing else shows it). The log gets a new name and a new key, and a commit tells of both, and of the reason.
   */
  readonly acceptRollback?: RollbackAcceptance | undefined
  /** Goes on with a keyring that is older than the store has seen: one from a backup of keys. A commit tells of it. */
  readonly acceptRestoredKeyring?: Acceptance | undefined
  /** When data keys are replaced by themselves. */
  readonly keyPolicy?: KeyPolicy | undefined
  /** Keys of secrets leave the memory after so long without use; default 15 minutes, 0 for never. */
  readonly vaultAutoLockMs?: number | undefined
  readonly allowUnsafeFilesystem?: boolean | undefined
  readonly logger?: Logger | undefined
  readonly clock?: Clock | undefined
  /** When what the store does by itself comes due. */
  readonly timer?: Timer | undefined
  readonly random?: Random | undefined
}

/** Longer than any lock lasts whose holder is gone. */
export const LOCK_WAIT_MS_MAX = 600_000

/** A longer timer of Node.js fires at once. */
const TIMER_MS_MAX = 2 ** 31 - 1

const provided = z.custom<never>((value) => typeof value === 'object' && value !== null)

const acceptance = z.strictObject({
  reason: z
    .string()
    .refine((reason) => reason.trim() !== '', 'a reason is needed')
    .refine((reason) => reason.isWellFormed(), 'a reason is Unicode text')
    .refine((reason) => Buffer.byteLength(reason) <= REASON_BYTES_MAX, `at most ${REASON_BYTES_MAX} bytes`),
})

const schema = z.strictObject({
  path: z
    .string()
    .min(1)
    .refine((path) => path.isWellFormed() && !path.includes('\0'), 'a path is text without NUL'),
  secret: z
    .union([z.string(), z.strictObject({ key: z.custom<Uint8Array>(isBytes).transform(copyBytes) })])
    .optional(),
  keyProvider: provided.optional(),
  create: z.enum(['if-missing', 'never', 'always']).optional(),
  readOnly: z.boolean().optional(),
  lockWaitMs: z.int().min(0).max(LOCK_WAIT_MS_MAX).optional(),
  share: z.enum(['local', 'off']).optional(),
  shardCount: z.int().min(1).max(SHARD_COUNT_MAX).optional(),
  maxSizeGb: z.number().positive().max(1_000_000).optional(),
  durability: z.enum(['sync', 'relaxed']).optional(),
  encryption: z.enum(SUITE_NAMES).optional(),
  allowedSuites: z.array(z.enum(SUITE_NAMES)).min(1).optional(),
  cacheMb: z.number().min(0).max(65_536).optional(),
  compaction: z.enum(['background', 'manual']).optional(),
  anchors: z.array(provided).max(16).optional(),
  anchorGraceMs: z.int().min(0).optional(),
  onAnchorLoss: z.enum(['report', 'stop']).optional(),
  acceptRollback: acceptance.extend({ copy: z.boolean().optional() }).optional(),
  acceptRestoredKeyring: acceptance.optional(),
  keyPolicy: z
    .strictObject({
      maxAgeDays: z.number().positive().max(36_500).optional(),
      maxSeals: z.int().min(1000).optional(),
      auto: z.boolean().optional(),
    })
    .optional(),
  vaultAutoLockMs: z.int().min(0).max(TIMER_MS_MAX).optional(),
  allowUnsafeFilesystem: z.boolean().optional(),
  logger: provided.optional(),
  clock: provided.optional(),
  timer: provided.optional(),
  random: provided.optional(),
})

/**
 * The options as they are now: who gave them may change them, and wipe the key, while the store opens.
 * @throws STORE_OPTION_INVALID naming the option; values are not repeated, since one of them is the secret
 */
export function readForgeOptions(options: ForgeOptions): ForgeOptions {
  // What is wrong with a value is put into words by looking at it, which may throw too.
  return readArgument('STORE_OPTION_INVALID', () => readOptions(options))
}

function readOptions(options: unknown): ForgeOptions {
  const result = schema.safeParse(options)
  if (result.success) {
    refuseContradiction(result.data)
    return result.data
  }
  const [issue] = result.error.issues
  if (issue?.code === 'unrecognized_keys' && issue.path.length === 0) {
    const unknown = issue.keys[0]!
    const nearest = nearestName(unknown, Object.keys(schema.shape))
    const meant = nearest === undefined ? '' : `; did you mean ${nearest}?`
    throw new ForgeError('STORE_OPTION_INVALID', `there is no option ${unknown}${meant}`, {
      details: { option: unknown },
    })
  }
  const name =
    issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : (issue?.path.join('.') ?? 'options')
  throw new ForgeError(
    'STORE_OPTION_INVALID',
    `the option ${name} is not valid: ${issue?.message ?? 'see the documentation'}`,
    {
      details: { option: name },
    },
  )
}

/** What would write is not asked for together with only reading. */
function refuseContradiction(options: z.infer<typeof schema>): void {
  const writing = ['acceptRollback', 'acceptRestoredKeyring'] as const
  const option =
    options.readOnly !== true
      ? undefined
      : options.create === 'always'
        ? 'create'
        : writing.find((name) => options[name] !== undefined)
  if (option === undefined) return
  throw new ForgeError('STORE_OPTION_INVALID', `the option ${option} contradicts readOnly`, {
    details: { option },
  })
}
