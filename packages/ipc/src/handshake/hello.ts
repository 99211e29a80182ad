import { ByteReader, ByteWriter, ForgeError } from '@forgeone/common'

/** Versions of the protocol that this package speaks. */
export const PROTOCOL_VERSION_MIN = 1
export const PROTOCOL_VERSION_MAX = 1

export const NONCE_BYTES = 32
export const PROOF_BYTES = 32
/** Enough for a signature of Ed25519. */
export const SERVER_PROOF_BYTES_MAX = 64
export const TOKEN_BYTES_MAX = 1024

/** "FORGEIPC" */
const MAGIC = Buffer.from('FORGEIPC', 'latin1')
export const SERVER_HELLO_BYTES: number = 8 + 2 + 2 + NONCE_BYTES
/** Without the proof behind it. */
export const CLIENT_HELLO_BYTES: number = 8 + 2 + 1 + 1 + 4 + NONCE_BYTES
export const ANSWER_BYTES: number = 4 + SERVER_PROOF_BYTES_MAX

/** How a client shows who it is. */
export const METHOD = { SECRET: 1, TOKEN: 2 } as const

/** What a server answers. */
export const STATUS = {
  WELCOME: 0,
  SECRET_WRONG: 1,
  TOKEN_INVALID: 2,
  TOKEN_EXPIRED: 3,
  VERSION: 4,
  CONNECTIONS: 5,
  CLOSED: 6,
  FAILED: 7,
} as const

export interface ServerHello {
  readonly versionMin: number
  readonly versionMax: number
  readonly nonce: Uint8Array
}

export interface ClientHello {
  readonly version: number
  readonly method: number
  /** As the client tells it: nothing proves it. */
  readonly pid: number
  readonly nonce: Uint8Array
}

/** magic 8 | version min u16 | version max u16 | nonce 32 */
export function encodeServerHello({ versionMin, versionMax, nonce }: ServerHello): Uint8Array {
  return new ByteWriter(SERVER_HELLO_BYTES).bytes(MAGIC).u16(versionMin).u16(versionMax).bytes(nonce).finish()
}

export function decodeServerHello(bytes: Uint8Array): ServerHello {
  const reader = readerOf(bytes)
  return { versionMin: reader.u16(), versionMax: reader.u16(), nonce: reader.bytes(NONCE_BYTES) }
}

/** magic 8 | version u16 | method u8 | 0 u8 | pid u32 | nonce 32 */
export function encodeClientHello({ version, method, pid, nonce }: ClientHello): Uint8Array {
  const writer = new ByteWriter(CLIENT_HELLO_BYTES).bytes(MAGIC).u16(version)
  return writer.u8(method).u8(0).u32(pid).bytes(nonce).finish()
}

export function decodeClientHello(bytes: Uint8Array): ClientHello {
  const reader = readerOf(bytes)
  const version = reader.u16()
  const method = reader.u8()
  reader.u8()
  return { version, method, pid: reader.u32(), nonce: reader.bytes(NONCE_BYTES) }
}

/** status u8 | 0 u24 | proof, filled up with zeros to 64 */
export function encodeAnswer(status: number, proof?: Uint8Array): Uint8Array {
  const answer = new Uint8Array(ANSWER_BYTES)
  answer[0] = status
  if (proof !== undefined) answer.set(proof, 4)
  return answer
}

function readerOf(bytes: Uint8Array): ByteReader {
  const reader = new ByteReader(bytes, { code: 'IPC_PROTOCOL', what: 'a handshake' })
  if (!MAGIC.equals(reader.bytes(MAGIC.length))) {
    throw new ForgeError('IPC_PROTOCOL', 'what is on the other side of the socket is no ForgeOne')
  }
  return reader
}
