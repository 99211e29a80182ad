import { gcm } from '@noble/ciphers/aes.js'
import { chacha20poly1305, xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { suiteByName } from '../src/suite/suite-table.ts'
import { HEADER_BYTES } from '../src/suite/suite.ts'

const TWINS = [
  ['aes-256-gcm', gcm],
  ['chacha20-poly1305', chacha20poly1305],
  ['xchacha20-poly1305', xchacha20poly1305],
] as const

const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })

test.each(TWINS)(
  '%s seals as its slow twin does, and each opens what the other sealed',
  async (name, twin) => {
    const suite = suiteByName(name)
    const inputs = [
      exactly(32),
      exactly(suite.nonceBytes),
      fc.uint8Array(),
      fc.uint8Array({ maxLength: 300 }),
    ] as const
    await fc.assert(
      fc.asyncProperty(...inputs, async (keyBytes, nonce, aad, plain) => {
        const key = await suite.createKey(keyBytes)
        const out = new Uint8Array(HEADER_BYTES + nonce.length + plain.length + suite.tagBytes)
        out.set(nonce, HEADER_BYTES)
        key.seal({ aad, plain, out })
        expect(out.subarray(HEADER_BYTES + nonce.length)).toEqual(twin(keyBytes, nonce, aad).encrypt(plain))
        expect(key.open({ aad, sealed: out })).toEqual(plain)
      }),
      { numRuns: 150 },
    )
  },
)
