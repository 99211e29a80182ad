import type { AnchoredLog } from './compare-with-anchor.ts'

/** A log with what anchors ask of it. */
export interface AnchorSource extends AnchoredLog {
  consistency(from: number, to: number): Promise<readonly Uint8Array[]>
}

/** Keeps checkpoints where who can write to the store cannot. */
export interface Anchor {
  readonly kind: 'file' | 'command' | 'witness'
  /** Where, for messages and `doctor`. */
  readonly place: string
  /**
   * Takes a checkpoint.
   * @returns signature lines that the anchor adds to it
   * @throws AUDIT_ANCHOR_FAILED, and AUDIT_ROLLBACK or AUDIT_FORK when it knows a log that this one does not continue
   */
  publish(checkpoint: string, log: AnchorSource): Promise<readonly string[]>
  /**
   * The newest note it keeps, to compare with at open; undefined when it keeps none or gives none back.
   * @throws AUDIT_ANCHOR_FAILED, with `absent: true` in its details where nothing is that could keep one
   */
  newest(): Promise<string | undefined>
}
