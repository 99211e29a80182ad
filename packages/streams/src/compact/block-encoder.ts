import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { ForgeError, isForgeError, type Timer } from '@forgeone/common'
import { encodeBlock, encodeBlockInTurns, type EncodedSection, type EncodeRequest } from './encode-block.ts'
import { ENCODER_SOURCE } from './encoder-source.ts'

/** Less text than this is encoded at once: a worker takes longer to begin. */
const INLINE_TEXT_BYTES_MAX: number = 64 * 1024
/** An idle worker keeps some 20 MiB; the next compaction is mostly a minute away. */
const IDLE_MS = 2_000

interface Answer {
  readonly sections?: readonly EncodedSection[]
  readonly error?: string
}

/**
 * Encodes blocks in a worker thread, so that the event loop stays free; one at a time. Where no thread can be started
 * (`node --permission`, a host without threads) they are encoded here, a section in each turn.
 */
export class BlockEncoder {
  readonly #timer: Pick<Timer, 'after'>
  readonly #start: () => Worker
  #worker: Worker | undefined
  #cancelEnd: (() => void) | undefined
  /** A thread answered once: one that fails later has another cause than that none can be started. */
  #hasAnswered = false
  #isHere = false

  constructor(timer: Pick<Timer, 'after'>, start: () => Worker = startWorker) {
    this.#timer = timer
    this.#start = start
  }

  /** Whether blocks are encoded on the event loop of the store. */
  get isHere(): boolean {
    return this.#isHere
  }

  async encode(request: EncodeRequest): Promise<readonly EncodedSection[]> {
    const textBytes = request.sections.reduce((sum, rows) => sum + (rows?.text.length ?? 0), 0)
    if (textBytes <= INLINE_TEXT_BYTES_MAX) return encodeBlock(request)
    if (this.#isHere) return await encodeBlockInTurns(request)
    this.#cancelEnd?.()
    let worker: Worker | undefined
    try {
      worker = this.#worker ??= this.#start()
      worker.ref()
      worker.postMessage(request)
      const answer = await nextAnswer(worker)
      this.#hasAnswered = true
      if (answer.sections === undefined)
        throw new ForgeError('STREAM_COMPACTION_FAILED', `the encoder failed: ${answer.error ?? ''}`)
      return answer.sections
    } catch (cause) {
      this.#worker = undefined
      void worker?.terminate()
      if (isForgeError(cause)) throw cause
      if (this.#hasAnswered || isOutOfMemory(cause))
        throw new ForgeError('STREAM_COMPACTION_FAILED', 'the encoder stopped', { cause })
      this.#isHere = true
      return await encodeBlockInTurns(request)
    } finally {
      worker?.unref()
      this.#cancelEnd = this.#timer.after(IDLE_MS, () => void this.close())
    }
  }

  async close(): Promise<void> {
    this.#cancelEnd?.()
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }
}

function startWorker(): Worker {
  // Options of the process, such as a loader or `--input-type`, are not meant for it.
  if (ENCODER_SOURCE !== undefined) return new Worker(ENCODER_SOURCE, { eval: true, execArgv: [] })
  return new Worker(new URL('./encoder-worker.ts', import.meta.url))
}

function isOutOfMemory(cause: unknown): boolean {
  return (
    typeof cause === 'object' &&
    cause !== null &&
    'code' in cause &&
    cause.code === 'ERR_WORKER_OUT_OF_MEMORY'
  )
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
