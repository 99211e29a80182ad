import { connect as connectSocket, type Socket } from 'node:net'
import { systemRandom, systemTimer, type ForgeError } from '@forgeone/common'
import { onTestFinished } from 'vitest'
import { shakeHandsAsClient } from '../src/handshake/client-handshake.ts'
import { ValueEncoder } from '../src/value/value-encoder.ts'
import type { Frame } from '../src/wire/record-reader.ts'
import { Wire } from '../src/wire/wire.ts'
import { IPC_KEY } from './ipc-key.ts'

export async function openRaw(path: string): Promise<Socket> {
  const socket = connectSocket({ path })
  socket.on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  await new Promise((resolve) => socket.once('connect', resolve))
  return socket
}

export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve()
    else socket.once('close', () => resolve())
  })
}

export interface RawClient {
  readonly socket: Socket
  readonly wire: Wire
  readonly frames: Frame[]
  /** Settles when the connection has ended. */
  readonly ended: Promise<ForgeError | undefined>
}

/** A client that has shown who it is and says whatever a test wants. */
export async function rawClient(path: string): Promise<RawClient> {
  const socket = await openRaw(path)
  const options = { timer: systemTimer, random: systemRandom }
  const keys = await shakeHandsAsClient({ socket, credentials: { ipcKey: IPC_KEY }, ...options })
  const frames: Frame[] = []
  let wire: Wire | undefined
  const ended = new Promise<ForgeError | undefined>((resolve) => {
    wire = new Wire({
      socket,
      keys,
      timer: systemTimer,
      onFrame: (frame) => frames.push(frame),
      onEnd: resolve,
    })
  })
  return { socket, wire: wire!, frames, ended }
}

export function message(...values: readonly unknown[]): Buffer {
  const encoder = new ValueEncoder()
  for (const value of values) encoder.add(value)
  return encoder.finish()
}
