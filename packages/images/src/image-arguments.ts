import { ArgumentCheck, type Clock } from '@forgeone/common'
import { LIMITS } from './limits.ts'

/** Public methods check with it what callers pass. */
export const imageCheck: ArgumentCheck = new ArgumentCheck('IMAGE_ARGUMENT_INVALID')

/** A text of any kind: names in an image may be no Unicode. @throws IMAGE_ARGUMENT_INVALID */
export function checkedPath(path: unknown, what = 'path'): string {
  if (typeof path === 'string') return path
  throw imageCheck.refusal(what, 'must be a text')
}

/** @throws IMAGE_ARGUMENT_INVALID */
export function checkedZone(zoneIndex: unknown): number {
  return imageCheck.wholeNumber(zoneIndex, 'zoneIndex')
}

/** @throws IMAGE_ARGUMENT_INVALID */
export function checkedClock(clock: Clock): Clock {
  return imageCheck.port(clock, ['now', 'monotonicMs'], 'clock')
}

/** @throws IMAGE_ARGUMENT_INVALID */
export function checkedRead(options: unknown): { readonly signal: AbortSignal | undefined } {
  return { signal: imageCheck.signal(imageCheck.options(options, ['signal']).signal) }
}

/** @throws IMAGE_ARGUMENT_INVALID */
export function checkedList(given: unknown): {
  readonly signal: AbortSignal | undefined
  readonly offset: number
  readonly limit: number
} {
  const options = imageCheck.options(given, ['signal', 'offset', 'limit'])
  const { signal, offset = 0, limit = LIMITS.directoryEntries } = options
  return {
    signal: imageCheck.signal(signal),
    offset: imageCheck.wholeNumber(offset, 'offset'),
    limit: imageCheck.wholeNumber(limit, 'limit'),
  }
}

/** @throws IMAGE_ARGUMENT_INVALID */
export function checkedDigests(given: unknown): {
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((bytes: number) => void) | undefined
} {
  const { signal, onProgress } = imageCheck.options(given, ['signal', 'onProgress'])
  return {
    signal: imageCheck.signal(signal),
    onProgress:
      onProgress === undefined
        ? undefined
        : // Checked to be a function here; what it takes is the caller's to know.
          imageCheck.callback(onProgress as (bytes: number) => void, 'onProgress'),
  }
}

/** @throws IMAGE_ARGUMENT_INVALID */
export function checkedPlace(place: unknown): { readonly zoneIndex: number; readonly path: string } {
  const { zoneIndex, path } = imageCheck.options(place, ['zoneIndex', 'path'], 'place')
  return { zoneIndex: checkedZone(zoneIndex), path: checkedPath(path, 'place.path') }
}
