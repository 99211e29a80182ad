import type { Socket } from 'node:net'
import { asBuffer, ForgeError, utf8Encode, type ErrorCode, type Random, type Timer } from '@forgeone/common'
import type { SessionKeys } from '../wire/wire.ts'
import { HandshakeSocket } from './handshake-socket.ts'
import {
  ANSWER_BYTES,
  decodeServerHello,
  encodeClientHello,
  METHOD,
  NONCE_BYTES,
  PROOF_BYTES,
  PROTOCOL_VERSION_MAX,
  PROTOCOL_VERSION_MIN,
  SERVER_HELLO_BYTES,
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

/** What a client shows who it is by. */
export type Credentials =
  /** 32 bytes that follow from the secret of the store. Borrowed. */
  | { readonly ipcKey: Uint8Array }
  | {
      readonly token: string
      /** Whether what listens is the store: the token is sent then alone. */
      readonly verifyServer: (shown: {
        readonly challenge: Uint8Array
        /** 64 bytes: what the server gave, filled up with zeros. */
        readonly proof: Uint8Array
      }) => boolean | Promise<boolean>
    }

export interface ClientHandshakeOptions {
  readonly socket: Socket
  readonly credentials: Credentials
  readonly timer: Timer
  readonly random: Random
}

const REFUSALS: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  [STATUS.SECRET_WRONG]: [
    'KEY_SECRET_WRONG',
    'the process that has the store was opened with another secret',
  ],
  [STATUS.TOKEN_INVALID]: ['ACCESS_TOKEN_INVALID', 'the token is not taken'],
  [STATUS.TOKEN_EXPIRED]: ['ACCESS_TOKEN_EXPIRED', 'the token has expired'],
  [STATUS.VERSION]: [
    'IPC_VERSION',
    'the process that has the store does not speak this version of the protocol',
  ],
  [STATUS.CONNECTIONS]: ['IPC_LIMIT', 'as many processes as may be are connected'],
  [STATUS.CLOSED]: ['STORE_CLOSED', 'the process that has the store is closing it'],
}

/** @throws STORE_HOST_LOST, IPC_PROTOCOL, IPC_VERSION, KEY_SECRET_WRONG, ACCESS_TOKEN_INVALID, ACCESS_TOKEN_EXPIRED, IPC_LIMIT, STORE_CLOSED */
export async function shakeHandsAsClient(options: ClientHandshakeOptions): Promise<SessionKeys> {
  const reading = new HandshakeSocket(options)
  try {
    const keys = await introduce(reading, options)
    if (reading.failure !== undefined) throw reading.failure
    reading.release()
    return keys
  } catch (cause) {
    reading.release()
    options.socket.destroy()
    throw cause
  }
}

async function introduce(reading: HandshakeSocket, o: ClientHandshakeOptions): Promise<SessionKeys> {
  const { credentials, random } = o
  const serverHello = await reading.read(SERVER_HELLO_BYTES)
  const { versionMin, versionMax } = decodeServerHello(serverHello)
  const version = Math.min(versionMax, PROTOCOL_VERSION_MAX)
  if (version < versionMin || version < PROTOCOL_VERSION_MIN)
    throw new ForgeError(
      'IPC_VERSION',
      `the process that has the store speaks versions ${versionMin} to ${versionMax} of the protocol, this one ${PROTOCOL_VERSION_MIN} to ${PROTOCOL_VERSION_MAX}`,
    )
  const isOwner = 'ipcKey' in credentials
  const clientHello = encodeClientHello({
    version,
    method: isOwner ? METHOD.SECRET : METHOD.TOKEN,
    pid: process.pid,
    nonce: random.bytes(NONCE_BYTES),
  })
  const transcript = { serverHello, clientHello }
  reading.write(clientHello)
  reading.write(isOwner ? proofOf(credentials.ipcKey, 'client', transcript) : new Uint8Array(PROOF_BYTES))
  const proof = await readAnswer(reading)
  if (!isOwner) return await presentToken(reading, { credentials, transcript, proof })
  if (!isSameProof(proof.subarray(0, PROOF_BYTES), proofOf(credentials.ipcKey, 'server', transcript)))
    throw impostor()
  return sessionKeys({ secret: credentials.ipcKey, transcript, side: 'client' })
}

async function presentToken(
  reading: HandshakeSocket,
  o: {
    readonly credentials: Extract<Credentials, { readonly token: string }>
    readonly transcript: Transcript
    readonly proof: Uint8Array
  },
): Promise<SessionKeys> {
  const { credentials, transcript, proof } = o
  if (!(await credentials.verifyServer({ challenge: challengeOf(transcript), proof }))) throw impostor()
  const token = utf8Encode(credentials.token)
  if (token.length > TOKEN_BYTES_MAX) throw new ForgeError('ACCESS_TOKEN_INVALID', 'the token is too long')
  const length = asBuffer(new Uint8Array(2))
  length.writeUInt16BE(token.length)
  reading.write(length)
  reading.write(token)
  await readAnswer(reading)
  return sessionKeys({ secret: keyOfToken(token), transcript, side: 'client' })
}

/** @returns what the server proves itself with */
async function readAnswer(reading: HandshakeSocket): Promise<Uint8Array> {
  const answer = await reading.read(ANSWER_BYTES)
  const status = answer[0]!
  if (status === STATUS.WELCOME) return answer.subarray(4)
  const [code, message] = REFUSALS[status] ?? [
    'IPC_PROTOCOL',
    'the process that has the store refused to talk',
  ]
  throw new ForgeError(code, message)
}

function impostor(): ForgeError {
  return new ForgeError('IPC_PROTOCOL', 'what listens beside the store does not show that it is the store')
}
