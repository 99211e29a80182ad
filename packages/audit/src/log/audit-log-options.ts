import { assert, toHex, type Clock, type Logger, type ReportProblem, type Timer } from '@forgeone/common'
import type { Signer } from '@forgeone/crypto'
import { isKeyName } from '../note/key-name.ts'

/** Who signs checkpoints, unless a name of one's own is chosen. */
export const ORIGIN_PREFIX_DEFAULT = 'forgeone'
const STORE_ID_BYTES = 16
const GENERATION_BYTES = 8

/** What the log has the store commit about itself. */
export interface AuditAct {
  /** `audit.exported`, `audit.key-changed` or `audit.pruned`. */
  readonly action: string
  readonly facts: Readonly<Record<string, string | number>>
}

/** Where the keys of a log are kept, for `rotateKey`. */
export interface SigningKeys {
  /** The next key: durable already, and never used before. */
  prepare(): Promise<Signer>
  /** Makes it the newest, durably. @returns all that sign from now on, the newest first */
  promote(): Promise<readonly Signer[]>
}

export interface AuditLogOptions {
  /** 16 bytes. */
  readonly storeId: Uint8Array
  /** 8 bytes, new after every restore and clone: two histories never share an origin. */
  readonly generation: Uint8Array
  /** Signs checkpoints; without it the log reads and proves, and signs nothing. */
  readonly signer?: Signer | undefined
  /** Keys that sign beside it, such as the one before a rotation. */
  readonly alsoSigning?: readonly Signer[] | undefined
  /** Without it the keys of the log are not rotated. */
  readonly keys?: SigningKeys | undefined
  /** Commits an act of the log itself before it happens: the log cannot write into itself. */
  readonly record?: ((act: AuditAct) => Promise<void>) | undefined
  /**
   * 32 bytes, copied: hides the values of the index that queries by actor, action or resource use. Without it no such
   * rows are written, and a query goes through every bundle.
   */
  readonly queryIndexKey?: Uint8Array | undefined
  readonly clock: Clock
  readonly timer?: Pick<Timer, 'every' | 'pause'> | undefined
  /** A schema-less URL such as `example.com/logs`; default `forgeone`. */
  readonly originPrefix?: string | undefined
  readonly logger?: Logger | undefined
  /** Told when checkpoints cannot be signed in the background, and when they can again. */
  readonly reportProblem?: ReportProblem | undefined
}

/** `<prefix>/<store id>/<generation>`, the first line of each checkpoint. */
export function originOf(o: Pick<AuditLogOptions, 'storeId' | 'generation' | 'originPrefix'>): string {
  assert(o.storeId.length === STORE_ID_BYTES, 'a store id has 16 bytes')
  assert(o.generation.length === GENERATION_BYTES, 'a generation has 8 bytes')
  const origin = `${o.originPrefix ?? ORIGIN_PREFIX_DEFAULT}/${toHex(o.storeId)}/${toHex(o.generation)}`
  assert(isKeyName(origin), 'an origin has neither blanks nor plus signs')
  return origin
}
