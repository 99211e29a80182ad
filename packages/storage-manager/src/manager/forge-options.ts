import { ForgeError, type Clock, type Logger, type Random } from '@forgeone/common'
import type { Anchor } from '@forgeone/audit'
import { SUITE_NAMES, type KeyProvider, type SuiteName } from '@forgeone/crypto'
import type { Durability } from '@forgeone/engine'
import { SHARD_COUNT_MAX } from '@forgeone/streams'
import { z } from 'zod'
import type { KeyPolicy } from '../keys/key-policy-options.ts'

/** More shards let more cores and disks share the work; each costs two LevelDB databases. */
export const SHARD_COUNT_DEFAULT = 4

/** A passphrase of at least 12 characters, or 32 random bytes. */
export type Secret = string | { readonly key: Uint8Array }

/** How a store is opened. Only `path` is always needed, and a secret unless the store is not encrypted. */
export interface ForgeOptions {
  /** Directory of the store; it is created when missing. */
  readonly path: string
  readonly secret?: Secret | undefined
  /** Instead of `secret`: a key file, an environment variable, or a provider of your own. */
  readonly keyProvider?: KeyProvider | undefined
  /** `if-missing` (default), `never`: fail where no store is, `always`: fail where one is. */
  readonly create?: 'if-missing' | 'never' | 'always' | undefined
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
  readonly anchors?: readonly Anchor[] | undefined
  /** When data keys are replaced by themselves. */
  readonly keyPolicy?: KeyPolicy | undefined
  /** Keys of secrets leave the memory after so long without use; default 15 minutes, 0 for never. */
  readonly vaultAutoLockMs?: number | undefined
  readonly allowUnsafeFilesystem?: boolean | undefined
  readonly logger?: Logger | undefined
  readonly clock?: Clock | undefined
  readonly random?: Random | undefined
}

const provided = z.custom<never>((value) => typeof value === 'object' && value !== null)

const schema = z.strictObject({
  path: z.string().min(1),
  secret: z.union([z.string(), z.strictObject({ key: z.instanceof(Uint8Array) })]).optional(),
  keyProvider: provided.optional(),
  create: z.enum(['if-missing', 'never', 'always']).optional(),
  shardCount: z.int().min(1).max(SHARD_COUNT_MAX).optional(),
  maxSizeGb: z.number().positive().max(1_000_000).optional(),
  durability: z.enum(['sync', 'relaxed']).optional(),
  encryption: z.enum(SUITE_NAMES).optional(),
  allowedSuites: z.array(z.enum(SUITE_NAMES)).min(1).optional(),
  cacheMb: z.number().min(0).max(65_536).optional(),
  compaction: z.enum(['background', 'manual']).optional(),
  anchors: z.array(provided).max(16).optional(),
  keyPolicy: z
    .strictObject({
      maxAgeDays: z.number().positive().max(36_500).optional(),
      maxSeals: z.int().min(1000).optional(),
      auto: z.boolean().optional(),
    })
    .optional(),
  vaultAutoLockMs: z.int().min(0).optional(),
  allowUnsafeFilesystem: z.boolean().optional(),
  logger: provided.optional(),
  clock: provided.optional(),
  random: provided.optional(),
})

/** @throws STORE_OPTION_INVALID naming the option; values are not repeated, since one of them is the secret */
export function checkForgeOptions(options: ForgeOptions): void {
  const result = schema.safeParse(options)
  if (result.success) return
  const [issue] = result.error.issues
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
