import type { Clock, Random } from '@forgeone/common'
import type { KeyTable } from '../sealing/key-table.ts'
import type { SuiteName } from '../suite/suite.ts'
import type { IndexKeys } from './index-keys.ts'
import type { CopyName } from './keyring-file.ts'
import type { KeyringWriter } from './keyring-writer.ts'

/** Everything an open keyring is made of. */
export interface KeyringParts {
  readonly writer: KeyringWriter
  readonly table: KeyTable
  readonly index: IndexKeys
  readonly damagedCopies: readonly CopyName[]
  /** The slot whose secret opened the keyring. */
  readonly openedSlot: number
  /** A lower limit of seals than the suite's own. */
  readonly sealsMax: number | undefined
  /** Suites to rely on; all, when absent. */
  readonly allowedSuites: readonly SuiteName[] | undefined
  readonly clock: Clock
  readonly random: Random
}
