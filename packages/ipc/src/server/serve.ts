import type { Socket } from 'node:net'
import {
  callIsolated,
  ForgeError,
  systemClock,
  systemRandom,
  systemTimer,
  type Clock,
  type Random,
  type Timer,
} from '@forgeone/common'
import { FailureGate } from '../handshake/failure-gate.ts'
import { STATUS } from '../handshake/hello.ts'
import {
  shakeHandsAsServer,
  type Authentication,
  type HandshakeRefusal,
  type Identity,
} from '../handshake/server-handshake.ts'
import { IPC_KEY_BYTES } from '../handshake/session-keys.ts'
import { CONNECTIONS_MAX } from '../limits.ts'
import { checkShape } from '../shape/check-shape.ts'
import type { ObjectShape } from '../shape/shape.ts'
import { listenAt, type Listener } from '../socket/listen.ts'
import { ServerConnection, type ConnectionInfo } from './server-connection.ts'

export interface ServeOptions {
  /** Of the socket, in a directory that is its owner's alone; or the name of a pipe. The caller holds the lock of the store. */
  readonly path: string
  /** What can be called. */
  readonly description: ObjectShape
  readonly authentication: Authentication
  /** What a client is given: of the shape of the description; what is missing in it is refused with ACCESS_DENIED. */
  readonly facesFor: (identity: Identity) => object
  readonly clock?: Clock | undefined
  readonly timer?: Timer | undefined
  readonly random?: Random | undefined
  readonly onConnection?: ((connection: ConnectionInfo) => void) | undefined
  /** @param cause why, if the client did not end it in good order */
  readonly onDisconnection?: ((connection: ConnectionInfo, cause: ForgeError | undefined) => void) | undefined
  /** A wrong secret or token: to be counted, and told in the log. */
  readonly onRefused?: ((refusal: HandshakeRefusal) => void) | undefined
}

/** What is served, as long as it is. */
export interface IpcServer extends AsyncDisposable {
  readonly path: string
  connections(): readonly ConnectionInfo[]
  /**
   * Says goodbye: nothing new begins, streams end with STORE_CLOSED, and calls under way settle, as long as there is time; then the
   * connections end. Idempotent.
   */
  close(options?: { readonly graceMs?: number | undefined }): Promise<void>
}

const GRACE_MS_DEFAULT = 5000

/** Serves objects on a local socket. @throws STORE_UNWRITABLE, STORE_NOT_A_STORE, STORE_OPTION_INVALID, IO_FAILED */
export async function serve(options: ServeOptions): Promise<IpcServer> {
  checkShape(options.description)
  if (options.authentication.ipcKey.length !== IPC_KEY_BYTES)
    throw new ForgeError('STORE_OPTION_INVALID', `ipcKey has ${IPC_KEY_BYTES} bytes`, {
      details: { option: 'ipcKey' },
    })
  const served = new Served(options)
  await served.listen()
  return served
}

class Served implements IpcServer {
  readonly path: string
  readonly #options: ServeOptions
  readonly #clock: Clock
  readonly #timer: Timer
  readonly #random: Random
  readonly #gate: FailureGate
  readonly #connections = new Map<number, ServerConnection>()
  /** Sockets of clients that have not shown who they are. */
  readonly #strangers = new Set<Socket>()
  #listener: Listener | undefined
  #lastId = 0
  #closing: Promise<void> | undefined

  constructor(options: ServeOptions) {
    const { path, clock = systemClock, timer = systemTimer, random = systemRandom } = options
    this.path = path
    this.#options = options
    this.#clock = clock
    this.#timer = timer
    this.#random = random
    this.#gate = new FailureGate({ clock, timer })
  }

  async listen(): Promise<void> {
    const onSocket = (socket: Socket): void => void this.#welcome(socket)
    this.#listener = await listenAt(this.path, { random: this.#random, onSocket })
  }

  connections(): readonly ConnectionInfo[] {
    return [...this.#connections.values()].map((connection) => connection.info())
  }

  async close({ graceMs = GRACE_MS_DEFAULT }: { readonly graceMs?: number | undefined } = {}): Promise<void> {
    this.#closing ??= this.#close(graceMs)
    await this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(graceMs: number): Promise<void> {
    const hasClosed = this.#listener?.close()
    for (const socket of this.#strangers) socket.destroy()
    const connections = [...this.#connections.values()]
    let stopTimer: (() => void) | undefined
    const late = new Promise<void>((resolve) => {
      stopTimer = this.#timer.after(graceMs, resolve)
    })
    await Promise.race([Promise.all(connections.map((connection) => connection.drain())), late])
    stopTimer?.()
    for (const connection of connections) connection.end()
    await hasClosed
  }

  async #welcome(socket: Socket): Promise<void> {
    // It waits for clients, and keeps nobody from ending.
    socket.unref()
    // More than can be told so is closed at once.
    if (this.#strangers.size >= CONNECTIONS_MAX) {
      socket.destroy()
      return
    }
    this.#strangers.add(socket)
    try {
      const { authentication, onRefused } = this.#options
      const admitted = await shakeHandsAsServer({
        socket,
        authentication,
        gate: this.#gate,
        timer: this.#timer,
        random: this.#random,
        refusal: () => this.#refusal(),
        onRefused: (refusal) => callIsolated(() => onRefused?.(refusal)),
      })
      this.#strangers.delete(socket)
      this.#begin(socket, admitted)
    } catch {
      this.#strangers.delete(socket)
      // What was answered is sent first. A defect of ours is not the client's matter.
      socket.destroySoon()
    }
  }

  #refusal(): number | undefined {
    if (this.#closing !== undefined) return STATUS.CLOSED
    return this.#connections.size >= CONNECTIONS_MAX ? STATUS.CONNECTIONS : undefined
  }

  #begin(socket: Socket, admitted: Awaited<ReturnType<typeof shakeHandsAsServer>>): void {
    const { description, facesFor, onConnection, onDisconnection } = this.#options
    // Others may have come in while it was looked at.
    if (this.#refusal() !== undefined) {
      socket.destroy()
      return
    }
    const root = facesFor(admitted.identity)
    const id = ++this.#lastId
    const connection = new ServerConnection({
      id,
      socket,
      admitted,
      since: this.#clock.now(),
      description,
      root,
      timer: this.#timer,
      onEnd: (cause) => {
        this.#connections.delete(id)
        callIsolated(() => onDisconnection?.(connection.info(), cause))
      },
    })
    this.#connections.set(id, connection)
    callIsolated(() => onConnection?.(connection.info()))
  }
}
