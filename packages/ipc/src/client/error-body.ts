import { ValueEncoder } from '../value/value-encoder.ts'

/** number under which this side keeps the error | the error */
export function errorBody({
  thrownId,
  error,
}: {
  readonly thrownId: number | undefined
  readonly error: unknown
}): Uint8Array {
  const encoder = new ValueEncoder()
  try {
    return encoder.add(thrownId).add(error).finish()
  } catch {
    return encoder.add(thrownId).add(new Error('an error that cannot go to another process')).finish()
  }
}
