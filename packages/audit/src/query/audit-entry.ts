import type { LeafFacts } from '../leaf/parse-leaf.ts'

/** One leaf as a reader of the trail sees it. */
export interface AuditEntry {
  /** The commit. */
  readonly index: number
  /** RFC 8785 text, as it was hashed. */
  readonly leaf: string
  readonly facts: LeafFacts
}

/** What a query looked through. It says what it was given, and proves nothing: a receipt proves a leaf. */
export interface AuditAnswer {
  /** Leaves from here to `end` - 1 were considered; those before are earlier, before the cursor, or pruned. */
  readonly begin: number
  /** Where the next page would begin; those from here on are later, or behind the limit. */
  readonly end: number
  /** Leaves that fit. */
  readonly count: number
  /** Leaves of the newest checkpoint: those of the answer below it are signed. */
  readonly checkpointSize: number
}

/** All members that are given must fit. */
export interface AuditFilter {
  /** Pseudonym of who acted. */
  readonly who?: string | undefined
  /** `events.append`, or a facility with a star: `events.*`. */
  readonly act?: string | undefined
  /** Resource class, or the keyed hash of one resource in base64url. */
  readonly resource?: string | undefined
  /** `outcome` in the facts of an administrative act. */
  readonly outcome?: string | undefined
  /** Milliseconds since 1970: not before. */
  readonly from?: number | undefined
  /** Milliseconds since 1970: before. */
  readonly to?: number | undefined
  /** Entries at most; 1,000 unless given, 10,000 at most. */
  readonly limit?: number | undefined
  /** Index to begin at: that after the last entry of the page before. */
  readonly cursor?: number | undefined
}
