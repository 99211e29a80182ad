import { types } from 'node:util'

/**
 * What is there at once where the store has synchronous reads, and comes later where it has not: a promise for each block or row would
 * cost the first kind of store more than the reading.
 */
export type Soon<T> = T | Promise<T>

export function isLater<T>(soon: Soon<T>): soon is Promise<T> {
  return types.isPromise(soon)
}

/** Goes on with it: in this turn where it is there at once. */
export function whenThere<T, Next>(soon: Soon<T>, next: (there: T) => Soon<Next>): Soon<Next> {
  return isLater(soon) ? soon.then(next) : next(soon)
}
