import { ed25519Signer } from '@forgeone/crypto'
import { describe, expect, test } from 'vitest'
import { keyIdOf, preAuthenticationEncoding, signDsse, verifyDsse } from '../src/signed/dsse.ts'

describe('a DSSE envelope', () => {
  test('signs the published pre-authentication encoding', () => {
    // github.com/secure-systems-lab/dsse, protocol.md: test vector.
    const encoded = preAuthenticationEncoding(
      'http://example.com/HelloWorld',
      new TextEncoder().encode('hello world'),
    )
    expect(Buffer.from(encoded).toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world')
  })

  test('opens under one of its keys and no other, and for its own type only', () => {
    const signer = ed25519Signer(new Uint8Array(32).fill(1))
    const envelope = JSON.stringify(signDsse({ payloadType: 'a', value: { b: 1 } }, [signer]))
    expect(verifyDsse(envelope, { payloadType: 'a', publicKeys: [signer.publicKey] })).toEqual({ b: 1 })
    expect(keyIdOf(signer.publicKey)).toMatch(/^[0-9a-f]{64}$/)
    const other = ed25519Signer(new Uint8Array(32).fill(2)).publicKey
    for (const attempt of [
      () => verifyDsse(envelope, { payloadType: 'a', publicKeys: [other] }),
      () => verifyDsse(envelope, { payloadType: 'b', publicKeys: [signer.publicKey] }),
      () => verifyDsse('{}', { payloadType: 'a', publicKeys: [signer.publicKey] }),
      () => verifyDsse('no json', { payloadType: 'a', publicKeys: [signer.publicKey] }),
    ]) {
      expect(attempt).toThrowError(expect.objectContaining({ code: 'BUNDLE_INVALID' }))
    }
  })
})
