/** Thrown when an invariant of our own code does not hold: a defect, never a caller's mistake. */
export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure'
}

/** Stops at once when what cannot happen has happened. For what can happen, throw a `ForgeError`. */
export function assert(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new AssertionFailure(reason)
}
