import { connect as connectSocket, type Socket } from 'node:net'
import { ForgeError, systemCode, systemRandom, systemTimer, type Random, type Timer } from '@forgeone/common'
import { shakeHandsAsClient, type Credentials } from '../handshake/client-handshake.ts'
import { checkShape } from '../shape/check-shape.ts'
import type { Connected } from '../shape/connected.ts'
import type { ObjectShape } from '../shape/shape.ts'
import { checkSocketPath } from '../socket/socket-path.ts'
import { ClientConnection, type ConnectionEnd } from './client-connection.ts'
import { addMembers } from './face-proxy.ts'
import { liveFactory } from './live-proxy.ts'

export interface ConnectOptions {
  /** Of the socket, or the name of the pipe. */
  readonly path: string
  readonly credentials: Credentials
  readonly timer?: Timer | undefined
  readonly random?: Random | undefined
}

/** A connection to a process that serves objects. */
export interface Connection extends AsyncDisposable {
  /** Settles when the connection has ended, whoever ended it. */
  readonly closed: Promise<ConnectionEnd>
  readonly hasEnded: boolean
  /** Whether the server has said goodbye: nothing new is begun. */
  readonly isClosing: boolean
  onGoodbye(listener: () => void): void
  /** What the server gives this client, with the methods of the description. Both sides must have the same. */
  proxy<Face extends object>(description: ObjectShape): Connected<Face>
  /** Ends the connection. What is under way is rejected with STORE_CLOSED. Idempotent. */
  close(): Promise<void>
}

/**
 * Connects to a process that serves objects on a local socket.
 * @throws STORE_NOT_SHARED when none listens, STORE_UNWRITABLE when this user may not connect, KEY_SECRET_WRONG, ACCESS_TOKEN_INVALID,
 *   ACCESS_TOKEN_EXPIRED, IPC_VERSION, IPC_PROTOCOL, IPC_LIMIT, STORE_CLOSED, STORE_HOST_LOST
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { path, credentials, timer = systemTimer, random = systemRandom } = options
  const socket = await openSocket(path)
  const keys = await shakeHandsAsClient({ socket, credentials, timer, random })
  const connection = new ClientConnection({ socket, keys, timer }, liveFactory)
  return {
    closed: connection.closed,
    get hasEnded() {
      return connection.hasEnded
    },
    get isClosing() {
      return connection.isClosing
    },
    onGoodbye: (listener) => connection.onGoodbye(listener),
    proxy: <Face extends object>(description: ObjectShape) => {
      checkShape(description)
      const face: object = Object.create(null) as object
      addMembers(face, { shape: description, path: '' }, { connection, targetId: 0 })
      // The description says what the face has, and the type what the description says.
      return Object.freeze(face) as Connected<Face>
    },
    close: async () => await connection.close(),
    [Symbol.asyncDispose]: async () => await connection.close(),
  }
}

function openSocket(path: string): Promise<Socket> {
  checkSocketPath(path)
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ path })
    const fail = (cause: Error): void => reject(refusalOf(cause, path))
    socket.once('error', fail)
    socket.once('connect', () => {
      socket.off('error', fail)
      resolve(socket)
    })
  })
}

function refusalOf(cause: Error, path: string): ForgeError {
  switch (systemCode(cause)) {
    case 'EACCES':
    case 'EPERM':
      return new ForgeError('STORE_UNWRITABLE', `the socket at ${path} belongs to another user`, { cause })
    case 'ENOENT':
    case 'ECONNREFUSED':
    case 'ENOTSOCK':
    case 'ENOTDIR':
      return new ForgeError('STORE_NOT_SHARED', `no process listens at ${path}`, { cause })
    default:
      return new ForgeError('IO_FAILED', `the socket at ${path} cannot be used`, { cause })
  }
}
