import { ForgeError, type ErrorCode } from '@forgeone/common'
import type { KeyProvider } from '@forgeone/crypto'
import type { ConnectedForge, Forge } from '@forgeone/storage-manager'
import type { Terminal } from '../render/terminal.ts'
import type { OptionValues } from './options.ts'
import { textOption, usageError } from './parse-arguments.ts'
import type { SecretRequest } from './secret.ts'
import type { Credentials, OpeningOptions } from './store-opening.ts'

/** Beside what a command answers they must not go unheard. */
const ALARMS: readonly ErrorCode[] = ['AUDIT_ROLLBACK', 'AUDIT_FORK']

/** What opening found and mended, or set aside. */
const DAMAGE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'DATABASE_DAMAGED',
  'JOURNAL_DAMAGED',
  'KEYRING_DAMAGED',
  'SHRED_KEYS_TAMPERED',
  'STATE_MISMATCH',
])

/** Opens the store that the options name. */
export class StoreAccess {
  readonly #options: OptionValues
  readonly #terminal: Terminal
  readonly #resolvePath: (path: string) => string
  readonly #fixedPath: string | undefined
  readonly #signal: AbortSignal
  #alarm: ForgeError | undefined
  #remembered: Credentials | undefined

  constructor(o: {
    options: OptionValues
    terminal: Terminal
    resolvePath: (path: string) => string
    signal: AbortSignal
    path?: string
  }) {
    this.#fixedPath = o.path
    this.#options = o.options
    this.#terminal = o.terminal
    this.#resolvePath = o.resolvePath
    this.#signal = o.signal
  }

  /** The same access to another directory. */
  at(path: string): StoreAccess {
    return new StoreAccess({
      options: this.#options,
      terminal: this.#terminal,
      resolvePath: this.#resolvePath,
      signal: this.#signal,
      path,
    })
  }

  /** @throws USAGE when no store is named */
  path(): string {
    if (this.#fixedPath !== undefined) return this.#fixedPath
    const named = textOption(this.#options, 'data') ?? process.env['FORGE_DATA']
    if (named === undefined || named === '')
      throw usageError('no store is named', 'Add --data DIR, or set FORGE_DATA.')
    return this.#resolvePath(named)
  }

  /** Asks for the secret once and keeps it in memory, for a command that opens the store again and again. */
  async remember(): Promise<this> {
    if (this.#remembered !== undefined) return this
    const request = this.#secretRequest(false)
    const { findCredentials } = await import('./store-opening.ts')
    this.#remembered = await findCredentials(request)
    return this
  }

  /** The secret that opens the store, as a provider; asked for once. @throws KEY_SECRET_MISSING */
  async provider(): Promise<KeyProvider> {
    await this.remember()
    const { providerOf } = await import('./store-opening.ts')
    return providerOf(this.#remembered ?? {})
  }

  /** Why what was opened is only read: an anchor knows another history. */
  get alarm(): ForgeError | undefined {
    return this.#alarm
  }

  /** Opens an existing store, or uses it through the process that has it open. */
  async open(): Promise<ConnectedForge> {
    const request = this.#secretRequest(false)
    const { joinStore } = await import('./store-opening.ts')
    const forge = await joinStore(request, this.#remembered)
    this.#warn(await forge.health())
    return forge
  }

  /** Opens an existing store for this process alone. @throws STORE_LOCKED while another process has it open */
  async openAlone(
    acceptance: Pick<OpeningOptions, 'acceptRollback' | 'acceptRestoredKeyring'> = {},
  ): Promise<Forge> {
    const forge = await this.#open({ ...acceptance, create: 'never' })
    this.#warn(forge.health())
    return forge
  }

  #warn({ reasons }: ReturnType<Forge['health']>): void {
    // Whichever command comes first: the next one may find it mended, and nothing to tell.
    for (const { code, message } of reasons)
      if (DAMAGE.has(code)) this.#terminal.note(`warning: ${message} [${code}]`)
    const found = reasons.find(({ code }) => ALARMS.includes(code))
    if (found !== undefined)
      this.#alarm = new ForgeError(found.code, `the store is only read: ${found.message}`)
  }

  async create(options: Pick<OpeningOptions, 'shardCount' | 'encryption'>): Promise<Forge> {
    return await this.#open({ ...options, create: 'always' })
  }

  async #open(opening: OpeningOptions): Promise<Forge> {
    const request = this.#secretRequest(opening.create === 'always')
    const { openStore } = await import('./store-opening.ts')
    return await openStore(request, opening, this.#remembered)
  }

  /** @throws USAGE when no store is named */
  #secretRequest(isNew: boolean): SecretRequest {
    return {
      options: this.#options,
      terminal: this.#terminal,
      resolvePath: this.#resolvePath,
      storePath: this.path(),
      isNew,
      signal: this.#signal,
    }
  }
}
