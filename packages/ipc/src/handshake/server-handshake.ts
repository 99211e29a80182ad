import type { Socket } from 'node:net'
import {
  ForgeError,
  isForgeError,
  utf8Decode,
  type ErrorCode,
  type Random,
  type Timer,
} from '@forgeone/common'
import type { SessionKeys } from '../wire/wire.ts'
import type { FailureGate } from './failure-gate.ts'
import { HandshakeSocket } from './handshake-socket.ts'
import {
  CLIENT_HELLO_BYTES,
  decodeClientHello,
  encodeAnswer,
  encodeServerHello,
  METHOD,
  NONCE_BYTES,
  PROOF_BYTES,
  PROTOCOL_VERSION_MAX,
  PROTOCOL_VERSION_MIN,
  SERVER_PROOF_BYTES_MAX,
  STATUS,
  TOKEN_BYTES_MAX,
} from './hello.ts'
import {
  challengeOf,
  isSameProof,
  keyOfToken,
  proofOf,
  sessionKeys,
  type Transcript,
} from './session-keys.ts'

/** Who a client has shown to be. */
export type Identity =
  /** It has the key that follows from the secret of the store. */
  { readonly via: 'secret' } | { readonly via: 'token'; readonly principal: string }

/** How clients show who they are. */
export interface Authentication {
  /** 32 bytes that follow from the secret: whoever has them is the owner. Borrowed. */
  readonly ipcKey: Uint8Array
  /** Clients that have a token and no secret; absent when there are none. */
  readonly tokens?:
    | {
        /** At most 64 bytes that show, by what such a client knows of the store, that this is it: a signature of the challenge. */
        prove(challenge: Uint8Array): Uint8Array | Promise<Uint8Array>
        /** @throws ACCESS_TOKEN_INVALID, ACCESS_TOKEN_EXPIRED */
        principalOf(token: string): string | Promise<string>
      }
    | undefined
}

/** A client that was let in, or was not. */
export interface Admitted {
  readonly identity: Identity
  readonly pid: number
  readonly keys: SessionKeys
}

export interface HandshakeRefusal {
  readonly via: 'secret' | 'token'
  readonly pid: number
  readonly code: ErrorCode
}

export interface ServerHandshakeOptions {
  readonly socket: Socket
  readonly authentication: Authentication
  readonly gate: FailureGate
  readonly timer: Timer
  readonly random: Random
  /** What is answered instead of a welcome, whoever it is; undefined while clients are let in. */
  readonly refusal: () => number | undefined
  readonly onRefused: (refusal: HandshakeRefusal) => void
}

/** @throws STORE_HOST_LOST, IPC_PROTOCOL, IPC_VERSION, and the code of what was refused */
export async function shakeHandsAsServer(options: ServerHandshakeOptions): Promise<Admitted> {
  const reading = new HandshakeSocket(options)
  try {
    const admitted = await admit(reading, options)
    if (reading.failure !== undefined) throw reading.failure
    reading.release()
    return admitted
  } catch (cause) {
    reading.release()
    throw cause
  }
}

async function admit(reading: HandshakeSocket, options: ServerHandshakeOptions): Promise<Admitted> {
  const { random, gate, authentication } = options
  const serverHello = encodeServerHello({
    versionMin: PROTOCOL_VERSION_MIN,
    versionMax: PROTOCOL_VERSION_MAX,
    nonce: random.bytes(NONCE_BYTES),
  })
  reading.write(serverHello)
  const clientHello = await reading.read(CLIENT_HELLO_BYTES)
  const { version, method, pid } = decodeClientHello(clientHello)
  const proof = await reading.read(PROOF_BYTES)
  const transcript = { serverHello, clientHello }
  const refuse = (status: number, code: ErrorCode, message: string): ForgeError => {
    reading.write(encodeAnswer(status))
    return new ForgeError(code, message)
  }
  if (version < PROTOCOL_VERSION_MIN || version > PROTOCOL_VERSION_MAX)
    throw refuse(STATUS.VERSION, 'IPC_VERSION', `a client speaks version ${version} of the protocol`)
  const refusal = options.refusal()
  if (refusal !== undefined) throw refuse(refusal, 'IPC_LIMIT', 'no further client is let in')
  if (method !== METHOD.SECRET && method !== METHOD.TOKEN)
    throw refuse(STATUS.FAILED, 'IPC_PROTOCOL', 'a client would show who it is in an unknown way')
  if (method === METHOD.TOKEN) return await admitToken(reading, { ...options, transcript, pid })

  const isRight = await gate.admit(() =>
    Promise.resolve(isSameProof(proof, proofOf(authentication.ipcKey, 'client', transcript)) || undefined),
  )
  if (isRight === undefined) {
    options.onRefused({ via: 'secret', pid, code: 'KEY_SECRET_WRONG' })
    throw refuse(STATUS.SECRET_WRONG, 'KEY_SECRET_WRONG', 'a client has another secret')
  }
  reading.write(encodeAnswer(STATUS.WELCOME, proofOf(authentication.ipcKey, 'server', transcript)))
  const keys = sessionKeys({ secret: authentication.ipcKey, transcript, side: 'server' })
  return { identity: { via: 'secret' }, pid, keys }
}

/** The server shows first that it is the store: a token is sent to nobody else. */
async function admitToken(
  reading: HandshakeSocket,
  o: ServerHandshakeOptions & { readonly transcript: Transcript; readonly pid: number },
): Promise<Admitted> {
  const { transcript, pid, authentication, gate } = o
  const { tokens } = authentication
  if (tokens === undefined) {
    reading.write(encodeAnswer(STATUS.TOKEN_INVALID))
    throw new ForgeError('ACCESS_TOKEN_INVALID', 'no tokens are taken here')
  }
  const proof = await tokens.prove(challengeOf(transcript))
  if (proof.length > SERVER_PROOF_BYTES_MAX)
    throw new ForgeError('IPC_PROTOCOL', 'the proof of a server takes at most 64 bytes')
  reading.write(encodeAnswer(STATUS.WELCOME, proof))
  const length = (await reading.read(2)).readUInt16BE(0)
  if (length > TOKEN_BYTES_MAX) throw new ForgeError('IPC_PROTOCOL', 'a client sent a token that is too long')
  const token = length === 0 ? new Uint8Array(0) : await reading.read(length)
  const refused: ErrorCode[] = []
  const principal = await gate.admit(async () => {
    try {
      return await tokens.principalOf(utf8Decode(token))
    } catch (cause) {
      refused.push(isForgeError(cause) ? cause.code : 'INTERNAL')
      return undefined
    }
  })
  if (principal === undefined) {
    const [code = 'ACCESS_TOKEN_INVALID'] = refused
    o.onRefused({ via: 'token', pid, code })
    const isExpired = code === 'ACCESS_TOKEN_EXPIRED'
    reading.write(encodeAnswer(isExpired ? STATUS.TOKEN_EXPIRED : STATUS.TOKEN_INVALID))
    throw new ForgeError(code, 'a client has a token that is not taken')
  }
  reading.write(encodeAnswer(STATUS.WELCOME))
  const keys = sessionKeys({ secret: keyOfToken(token), transcript, side: 'server' })
  return { identity: { via: 'token', principal }, pid, keys }
}
