import { ForgeError } from '@forgeone/common'

/** Thrown where output is written after its reader went away (`| head`): the command ends quietly, and in order. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone'
}

/** The one standard output of the process; a failed write is kept and thrown by the next. */
class StandardOutput {
  #failure: Error | undefined
  #listening = false

  /** Waits while the reader is slower than we are. @throws ReaderGone, IO_FAILED */
  async write(chunk: string | Uint8Array): Promise<void> {
    this.#listen()
    this.#assertUsable()
    if (process.stdout.write(chunk)) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        process.stdout.off('drain', done).off('error', done)
        resolve()
      }
      process.stdout.on('drain', done).on('error', done)
    })
    this.#assertUsable()
  }

  // Listening for good: an error may arrive after the last write, and must not end the process before the store is closed.
  #listen(): void {
    if (this.#listening) return
    this.#listening = true
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      this.#failure ??=
        error.code === 'EPIPE'
          ? new ReaderGone()
          : new ForgeError('IO_FAILED', `standard output cannot be written: ${error.code}`, { cause: error })
    })
  }

  #assertUsable(): void {
    if (this.#failure !== undefined) throw this.#failure
  }
}

export const standardOutput: StandardOutput = new StandardOutput()
