import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { ForgeError } from '@forgeone/common'
import { encodeBlock, type EncodedSection, type EncodeRequest } from './encode-block.ts'

/** Less text than this is encoded at once: a worker takes longer to begin. */
const INLINE_TEXT_BYTES_MAX: number = 64 * 1024
/** An idle worker keeps some 20 MiB; the next compaction is mostly a minute away. */
const IDLE_MS = 2_000

interface Answer {
  readonly sections?: readonly EncodedSection[]
  readonly error?: string
}

/** Encodes blocks in a worker thread, so that the event loop stays free; one at a time. */
export class BlockEncoder {
  #worker: Worker | undefined
  #idleTimer: NodeJS.Timeout | undefined

  async encode(request: EncodeRequest): Promise<readonly EncodedSection[]> {
    const textBytes = request.sections.reduce((sum, rows) => sum + (rows?.text.length ?? 0), 0)
    if (textBytes <= INLINE_TEXT_BYTES_MAX) return encodeBlock(request)
    clearTimeout(this.#idleTimer)
    const worker = (this.#worker ??= this.#start())
    worker.ref()
    worker.postMessage(request)
    try {
      const answer = await nextAnswer(worker)
      if (answer.sections === undefined)
        throw new ForgeError('STREAM_COMPACTION_FAILED', `the encoder failed: ${answer.error ?? ''}`)
      return answer.sections
    } catch (cause) {
      this.#worker = undefined
      void worker.terminate()
      if (cause instanceof ForgeError) throw cause
      throw new ForgeError('STREAM_COMPACTION_FAILED', 'the encoder stopped', { cause })
    } finally {
      worker.unref()
      this.#idleTimer = setTimeout(() => void this.close(), IDLE_MS)
      this.#idleTimer.unref()
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#idleTimer)
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }

  #start(): Worker {
    // The same file, compiled or not, stands beside this one.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    return new Worker(new URL(`./encoder-worker.${extension}`, import.meta.url))
  }
}

/** Rejects when the worker fails or ends instead. */
async function nextAnswer(worker: Worker): Promise<Answer> {
  const { signal, abort } = stopper()
  try {
    const ended = once(worker, 'exit', { signal }).then(([code]): never => {
      throw new Error(`the worker ended with code ${code}`)
    })
    // Our own worker sends nothing else.
    const answered = once(worker, 'message', { signal }).then(([answer]) => answer as Answer)
    return await Promise.race([answered, ended])
  } finally {
    abort()
  }
}

/** Takes the listeners of a race that is over away; those that lose it reject unheard. */
function stopper(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}
