/**
 * What a commit says about itself to the audit log. The facts travel in the journal frame of the change, so that
 * a change without its facts cannot become durable. Never a name, a path, a topic or content: only classes,
 * pseudonyms, counts and digests.
 */
export interface AuditFacts {
  /** Pseudonym of who acts, such as `system` or `p_7c01`; at most 64 bytes. */
  readonly actor: string
  /** `<facility>.<verb>`, such as `logs.append`; at most 64 bytes. */
  readonly action: string
  /** Class of what was acted on, such as `logs`; at most 32 bytes. */
  readonly resourceClass: string
  /** Keyed hash of what exactly was acted on: 16 bytes. */
  readonly resourceHash?: Uint8Array
  /** Entries that the commit appended: how many, and the root over their runs (32 bytes). */
  readonly entries?: { readonly count: number; readonly root: Uint8Array }
  /** Canonical JSON with the facts of an administrative act; at most 2 KiB. */
  readonly context?: string
}
