import { isPromise } from './realms.ts'
/**
 * Calls a function of somebody else's who only hears of something: what it throws, or a promise of it, is told to `onFailure`
 * and is nobody else's matter.
 */
export function callIsolated(call: () => unknown, onFailure: (cause: unknown) => void = ignore): void {
  try {
    const result = call()
    // One that is rejected with nobody listening would end the process.
    if (isPromise(result)) result.catch(onFailure)
  } catch (cause) {
    onFailure(cause)
  }
}

function ignore(): void {
  // Nobody is left to be told.
}

/**
 * Tells somebody else's function how far work has come. What it throws ends the work, as its owner wants; a promise is not waited
 * for, and what becomes of it ends nothing.
 */
export function tellProgress<Input extends readonly unknown[]>(
  callback: ((...input: Input) => unknown) | undefined,
  ...input: Input
): void {
  const result = callback?.(...input)
  if (isPromise(result)) result.catch(ignore)
}
