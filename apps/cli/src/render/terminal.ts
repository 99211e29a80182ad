import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { ForgeError } from '@forgeone/common'
import { printable, printableJson, printableText } from './printable.ts'
import { standardOutput } from './standard-output.ts'

export interface TerminalOptions {
  readonly json: boolean
  readonly quiet: boolean
  readonly noColor: boolean
}

/** Where a command prints: results on standard output, everything else on standard error. */
export class Terminal {
  readonly json: boolean
  readonly quiet: boolean
  readonly #color: boolean

  constructor({ json, quiet, noColor }: TerminalOptions) {
    this.json = json
    this.quiet = quiet
    const forbidden =
      noColor || json || (process.env['NO_COLOR'] ?? '') !== '' || process.env['TERM'] === 'dumb'
    this.#color = process.stdout.isTTY === true && !forbidden
  }

  get color(): boolean {
    return this.#color
  }

  /** Progress is drawn only where somebody watches. */
  get showsProgress(): boolean {
    return process.stderr.isTTY === true && !this.quiet && !this.json
  }

  /** Somebody watches what is printed. */
  get isInteractive(): boolean {
    return process.stdout.isTTY === true && !this.quiet && !this.json
  }

  get canPrompt(): boolean {
    return process.stdin.isTTY === true && process.stderr.isTTY === true
  }

  get columns(): number {
    return process.stdout.columns ?? 120
  }

  /**
   * A result: exact where it goes to a file or a pipe, and without what would steer a terminal where it goes to one.
   * Waits while the reader is slower than we are. @throws ReaderGone, IO_FAILED
   */
  async print(text: string | Uint8Array): Promise<void> {
    const isShown = typeof text === 'string' && process.stdout.isTTY === true
    await standardOutput.write(isShown ? this.#styled(printableText(text)) : text)
  }

  /** What a command draws on the whole screen: its own commands to the terminal, with every cell made safe before. */
  async draw(screen: string): Promise<void> {
    await standardOutput.write(this.#styled(screen))
  }

  async printLine(line: string): Promise<void> {
    await this.print(`${line}\n`)
  }

  /** One JSON document on a line of its own. */
  async printJson(value: unknown): Promise<void> {
    const json = JSON.stringify(value)
    await standardOutput.write(`${process.stdout.isTTY === true ? printableJson(json) : json}\n`)
  }

  /** Something worth knowing that is not the result; silent with `--quiet` and `--json`. */
  note(line: string): void {
    if (!this.quiet && !this.json) process.stderr.write(`${this.#styled(printableText(line))}\n`)
  }

  style(text: string, ...styles: readonly Exclude<Style, 'reset'>[]): string {
    if (!this.#color) return text
    return `${styles.map((style) => markOf(style)).join('')}${text}${markOf('reset')}`
  }

  /** Puts commands in the place of our own marks. */
  #styled(text: string): string {
    if (!this.#color) return text
    return text.replace(MARK, (_, name: Style) => STYLES[name])
  }

  /** Reads a line without showing it. @throws INTERRUPTED on Ctrl-C, KEY_SECRET_MISSING when nothing is typed */
  async promptHidden(question: string): Promise<string> {
    process.stderr.write(printable(question))
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
    const lines = createInterface({ input: process.stdin, output: silent, terminal: true })
    try {
      const line = await new Promise<string>((resolve, reject) => {
        lines.once('line', resolve)
        lines.once('close', () => resolve(''))
        // The terminal is in raw mode, so Ctrl-C comes as a key and not as a signal.
        lines.once('SIGINT', () =>
          reject(new ForgeError('INTERRUPTED', 'interrupted', { hint: 'Run the command again.' })),
        )
      })
      if (line === '') throw new ForgeError('KEY_SECRET_MISSING', 'no secret was typed')
      return line
    } finally {
      lines.close()
      process.stderr.write('\n')
    }
  }
}

const STYLES = {
  bold: '\u001B[1m',
  dim: '\u001B[2m',
  red: '\u001B[31m',
  green: '\u001B[32m',
  yellow: '\u001B[33m',
  blue: '\u001B[34m',
  cyan: '\u001B[36m',
  reset: '\u001B[0m',
} as const

type Style = keyof typeof STYLES

/**
 * Styles stand in texts as marks that nothing from outside can hold, since it would have to guess them; they become
 * commands after everything else was made safe.
 */
const NONCE = randomBytes(8).toString('hex')
const MARK = new RegExp(`\\{${NONCE}:(\\w+)\\}`, 'g')

function markOf(style: Style): string {
  return `{${NONCE}:${style}}`
}
