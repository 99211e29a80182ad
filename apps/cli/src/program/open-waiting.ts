// Inputs that may keep whoever reads them waiting. A blocking read or open keeps a thread of the pool, which no signal
// ends and which the process waits for at its end: pipes, sockets and terminals are therefore polled.

import { closeSync, constants, createReadStream, fstatSync, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { addAbortSignal, type Readable } from 'node:stream'
import { isatty, ReadStream } from 'node:tty'

const PIECE_BYTES = 256 * 1024
// A FIFO is opened at once, and polled until somebody writes.
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)
/** Descriptors that were handed to the process, as `<(command)` of a shell does. */
const DESCRIPTOR_PATH = /^\/(?:dev|proc\/self)\/fd\/(\d{1,4})$/

/** The descriptor that a path stands for. @returns undefined for a path of its own */
export function descriptorOfPath(path: string): number | undefined {
  if (path === '/dev/stdin') return 0
  const digits = DESCRIPTOR_PATH.exec(path)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** Standard input, until the signal. */
export function openStandardInput(signal: AbortSignal): Readable {
  // Nobody knows when the next line comes, and Ctrl-C must not wait for it.
  return addAbortSignal(signal, process.stdin)
}

/** A file of any kind, until the signal. @throws what the operating system refuses */
export function openWaiting(path: string, signal: AbortSignal): Readable {
  const handed = descriptorOfPath(path)
  if (handed === 0) return openStandardInput(signal)
  const descriptor = handed ?? openSync(path, FLAGS)
  try {
    return addAbortSignal(signal, streamOf(descriptor))
  } catch (error) {
    if (handed === undefined) closeSync(descriptor)
    throw error
  }
}

function streamOf(descriptor: number): Readable {
  const facts = fstatSync(descriptor)
  if (facts.isFIFO() || facts.isSocket())
    return new Socket({ fd: descriptor, readable: true, writable: false })
  if (isatty(descriptor)) return new ReadStream(descriptor)
  return createReadStream('', { fd: descriptor, highWaterMark: PIECE_BYTES })
}
