/** What stands in a message for something that cannot go along: where it lives, and what is told of it. */
export interface Reference {
  /** One of `REFERENCE`. */
  readonly kind: number
  readonly id: number
  /** Plain data. */
  readonly told: unknown
}

/** Finds what stands for a function, a signal, an iterable or a live object. */
export interface ReferencesGiven {
  /** @returns undefined for what may not go along */
  refer(value: object): Reference | undefined
}

/** Makes of what stands in a message what it stands for. */
export interface ReferencesTaken {
  /** @throws IPC_PROTOCOL for what is not expected there */
  resolve(reference: Reference): unknown
}
