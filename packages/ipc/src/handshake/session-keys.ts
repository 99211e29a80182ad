import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { concatBytes } from '@forgeone/common'
import type { SessionKeys } from '../wire/wire.ts'

export const IPC_KEY_BYTES = 32
const KEY_BYTES = 32

/** Everything that was said before a proof: both nonces are in it, so a proof fits one handshake alone. */
export interface Transcript {
  readonly serverHello: Uint8Array
  readonly clientHello: Uint8Array
}

/** HMAC-SHA-256 over the whole handshake so far, told apart by who proves. */
export function proofOf(key: Uint8Array, side: 'client' | 'server', transcript: Transcript): Uint8Array {
  const mac = createHmac('sha256', key).update(`forge-ipc 1 ${side}\0`)
  return mac.update(transcript.serverHello).update(transcript.clientHello).digest()
}

export function isSameProof(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right)
}

/** What a server signs, or proves otherwise, for a client that has a token only. */
export function challengeOf({ serverHello, clientHello }: Transcript): Uint8Array {
  return createHash('sha256')
    .update('forge-ipc 1 challenge\0')
    .update(serverHello)
    .update(clientHello)
    .digest()
}

/** A token as the secret that both sides have. */
export function keyOfToken(token: Uint8Array): Uint8Array {
  return createHash('sha256').update('forge-ipc 1 token\0').update(token).digest()
}

/** HKDF-SHA-256 of what both sides know, with both hellos as salt: the first half is for what the client sends. */
export function sessionKeys(o: {
  readonly secret: Uint8Array
  readonly transcript: Transcript
  readonly side: 'client' | 'server'
}): SessionKeys {
  const salt = concatBytes([o.transcript.serverHello, o.transcript.clientHello])
  const keys = new Uint8Array(hkdfSync('sha256', o.secret, salt, 'forge-ipc 1 session', 2 * KEY_BYTES))
  const fromClient = keys.subarray(0, KEY_BYTES)
  const fromServer = keys.subarray(KEY_BYTES)
  return o.side === 'client'
    ? { sending: fromClient, receiving: fromServer }
    : { sending: fromServer, receiving: fromClient }
}
