import { ForgeError } from '@forgeone/common'
import { imageCheck } from '../image-arguments.ts'
import { LIMITS, limitExceeded } from '../limits.ts'

/** @throws IMAGE_TRUNCATED, IMAGE_LIMIT, IMAGE_ARGUMENT_INVALID for what is no number */
export function checkRange(o: {
  readonly offset: number
  readonly length: number
  readonly size: number
}): void {
  const { offset, length, size } = o
  if (typeof offset !== 'number' || typeof length !== 'number')
    throw imageCheck.refusal('a range', 'must be two numbers')
  // Offsets come from 64-bit fields: what a double cannot hold exactly lies beyond every image.
  const isInside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0
  if (!isInside || offset > size - length)
    throw new ForgeError(
      'IMAGE_TRUNCATED',
      `the image has ${size} bytes; ${length} are needed at ${offset}`,
      {
        details: { offset, length, size },
      },
    )
  if (length > LIMITS.readBytes) throw limitExceeded('readBytes', `a read of ${length} bytes was asked for`)
}
