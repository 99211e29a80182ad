import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { z } from 'zod'

const VICTIM = join(import.meta.dirname, 'victims', 'judge-store.ts')

/** Above what any damage may take on a busy machine. */
export const JUDGE_MS_MAX = 120_000

const schema = z.strictObject({ noticed: z.array(z.string()), data: z.record(z.string(), z.string()) })

/** What opening, health, verification and the audit log said of a store, and a digest or code of each part of its data. */
export interface Judgement {
  readonly noticed: readonly string[]
  readonly data: Readonly<Record<string, string>>
}

/** Judges stores in a child, which is replaced when a signal or the time limit ends it. */
export class Judge implements Disposable {
  readonly #leaves: number
  #child: ChildProcessByStdio<Writable, Readable, Readable> | undefined
  #lines: Interface | undefined
  #errors = ''

  /** @param leaves how many leaves of the audit log are compared */
  constructor(leaves: number) {
    this.#leaves = leaves
  }

  /** @throws Error when the child died or took too long */
  async judge(path: string): Promise<Judgement> {
    this.#child ??= this.#started()
    const child = this.#child
    const lines = this.#lines!
    const limit = AbortSignal.timeout(JUDGE_MS_MAX)
    const answered = new AbortController()
    const signal = AbortSignal.any([limit, answered.signal])
    child.stdin.write(`${path}\n`)
    const ended = once(child, 'close', { signal }).then(([code, name]): never => {
      throw new Error(`the process ended by itself: ${code} ${name} ${this.#errors.slice(0, 500)}`)
    })
    try {
      const answer = once(lines, 'line', { signal }) as Promise<[string]>
      answer.catch(() => undefined)
      ended.catch(() => undefined)
      const [line] = await Promise.race([answer, ended])
      return schema.parse(JSON.parse(line))
    } catch (error) {
      this[Symbol.dispose]()
      throw limit.aborted ? new Error(`no answer within ${JUDGE_MS_MAX} ms`, { cause: error }) : error
    } finally {
      answered.abort() // takes the listeners away
    }
  }

  [Symbol.dispose](): void {
    this.#child?.kill('SIGKILL')
    this.#child = undefined
  }

  #started(): ChildProcessByStdio<Writable, Readable, Readable> {
    const args = ['--conditions=@forgeone/source', VICTIM, String(this.#leaves)]
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#errors = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text))
    child.stdin.on('error', () => undefined) // told by the end of the child
    this.#lines = createInterface({ input: child.stdout })
    return child
  }
}

/** Parts of the data that differ, and whether each was refused with a code or is other data. */
export function differences(base: Judgement, now: Judgement): { altered: string[]; refused: string[] } {
  const altered: string[] = []
  const refused: string[] = []
  for (const [part, value] of Object.entries(base.data)) {
    const found = now.data[part]
    if (found === undefined || found === value) continue
    ;(/^[A-Z]+_[A-Z_]+$/.test(found) ? refused : altered).push(`${part}: ${found}`)
  }
  return { altered, refused }
}
