import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto'
import { RECORD_CODE_BYTES } from './frame.ts'

/** HMAC takes a key object five times as fast as the bytes of a key. */
export function recordKey(bytes: Uint8Array): KeyObject {
  return createSecretKey(bytes)
}

/**
 * The codes of the records of one direction, one after the other: each is over the number of its record and what is in it, under a
 * key of this connection and direction alone, so that nothing is changed, dropped, repeated, moved or taken from elsewhere.
 */
export class RecordCodes {
  readonly #key: KeyObject
  readonly #number: Buffer = Buffer.alloc(8)
  #next = 0n

  constructor(key: KeyObject) {
    this.#key = key
  }

  /** @param frames borrowed */
  next(frames: Uint8Array): Buffer {
    this.#number.writeBigUInt64BE(this.#next)
    this.#next += 1n
    const code = createHmac('sha256', this.#key).update(this.#number).update(frames).digest()
    return code.subarray(0, RECORD_CODE_BYTES)
  }

  isNext({ code, frames }: { readonly code: Uint8Array; readonly frames: Uint8Array }): boolean {
    return timingSafeEqual(this.next(frames), code)
  }
}
