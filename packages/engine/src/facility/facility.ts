import type { Clock, ForgeError, Logger, Metrics, Random, ReportProblem, Timer } from '@forgeone/common'
import type { KeyProvider, ShredKeys } from '@forgeone/crypto'
import type { Operation, Store } from '../port/store.ts'
import type { VerifyProblem } from '../verify/verify-store.ts'
import type { Action } from './action.ts'
import type { Acts } from './acts.ts'
import type { DatabasePlan, Layout } from './database-plan.ts'
import type { Job } from './job.ts'
import type { FaceRules } from './method-rule.ts'

/** What is known of a facility before it is opened. */
export interface FacilityPlan<Face> {
  /** The property on the store, the noun on the command line, and what acts and resources begin with. */
  readonly name: string
  readonly databases?: ((layout: Layout) => readonly DatabasePlan[]) | undefined
  readonly acts: Acts
  readonly rules: FaceRules<Face>
}

/**
 * Something that stands on a store: logs, secrets, rights. Its plan decides which databases the store has, which commits it
 * takes, and who may call what; opened, it is a face that people use, and what the store asks of all that stand on it.
 */
export interface Facility<Face, FacilityHost = Host> extends FacilityPlan<Face> {
  open(host: FacilityHost): Promise<OpenedFacility<Face>>
}

/** An open facility. It is closed after those that were opened behind it, whatever they throw. */
export interface OpenedFacility<Face> {
  /** May throw while what it stands on is set aside. */
  readonly face: Face
  /** The face for who acts under a pseudonym, where its rows say who wrote them. */
  readonly as?: ((pseudonym: string) => Face) | undefined
  readonly verify?: (() => Promise<FacilityReport>) | undefined
  readonly statistics?: (() => readonly CollectionStatistics[]) | undefined
  readonly jobs?: readonly Job[] | undefined
  /** A damaged row was removed: what holds it in memory looks again. */
  readonly forget?: ((row: { readonly database: string; readonly key: Uint8Array }) => void) | undefined
  readonly close?: (() => Promise<void> | void) | undefined
}

/** What a facility found of its own rows. */
export interface FacilityReport {
  readonly blocks: number
  readonly entries: number
  readonly problems: readonly VerifyProblem[]
  /** Entries that ever got a place, to be compared with what leaves tell; undefined where leaves tell of none, or a shard is offline. */
  readonly placed?: { readonly withInFlight: number; readonly acknowledged: number } | undefined
}

/** One topic, table or container of a facility. */
export interface CollectionStatistics {
  readonly name: string
  readonly count: number
  readonly rawBytes: number
  readonly storedBytes: number
  /** Time of the earliest and latest entry, in milliseconds; null where there is none. */
  readonly first: number | null
  readonly last: number | null
}

/** What a facility is given. */
export interface Host {
  readonly store: Store
  readonly layout: Layout
  readonly clock: Clock
  readonly timer: Timer
  readonly random: Random
  readonly metrics: Metrics
  readonly logger: Logger
  /** Tells the health of the store what keeps failing, or that it works again. */
  readonly reportProblem: ReportProblem
  /** Notes a row in the health that does not parse and was set aside. */
  setAside(row: { readonly database: string; readonly key: Uint8Array; readonly error: ForgeError }): void
  /** Keys that are erased one by one. @throws DATABASE_DAMAGED, KEYRING_DAMAGED, IO_FAILED */
  shredKeys(): Promise<ShredKeys>
  /** Rows for the commit that tells of a change of keys: older keys are noticed from then on. */
  alongsideKeys(): readonly Operation[]
  /** Whether a secret opens this store. */
  accepts(provider: KeyProvider): Promise<boolean>
  /** Whether who acts under a pseudonym may do this at the time of a commit; must not throw. */
  isAllowed(request: {
    readonly pseudonym: string
    readonly action: Action
    readonly resource: string
    readonly time: number
  }): boolean
  /** The face of a facility that was opened before. */
  other<Face>(facility: Pick<FacilityPlan<Face>, 'name' | 'rules'>): Face
}
