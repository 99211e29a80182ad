import { fileAnchor, type Anchor } from '@forgeone/audit'
import { ForgeError, type ErrorCode, type Logger } from '@forgeone/common'
import { openProvider, passphraseProvider, rawKeyProvider, type KeyProvider } from '@forgeone/crypto'
import { readStoreFile } from '@forgeone/engine'
import { Forge, LOCK_WAIT_MS_MAX, type ForgeOptions } from '@forgeone/storage-manager'
import type { Terminal } from '../render/terminal.ts'
import type { OptionValues } from './options.ts'
import { textOption, usageError } from './parse-arguments.ts'
import { findSecret } from './secret.ts'

/** @throws USAGE */
function maxSizeFromEnvironment(): number | undefined {
  const text = process.env['FORGE_MAX_SIZE_GB'] ?? ''
  if (text === '') return undefined
  const maxSizeGb = Number(text)
  if (maxSizeGb > 0 && Number.isFinite(maxSizeGb)) return maxSizeGb
  throw usageError(
    `FORGE_MAX_SIZE_GB is "${text}", which is no size`,
    'Set it to gibibytes such as 2.5, or unset it.',
  )
}

/** The file that FORGE_ANCHOR names: every command compares with it and takes its checkpoint there. @throws AUDIT_ANCHOR_FAILED */
async function anchorsFromEnvironment(path: string, isNew: boolean): Promise<readonly Anchor[]> {
  const file = process.env['FORGE_ANCHOR'] ?? ''
  if (file === '' || isNew) return []
  return [await fileAnchor({ path: file, dataDirectory: path })]
}

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

/** A command is done all the same; that its checkpoint went nowhere must not go unheard. */
const ANCHOR_FAILURES: ReadonlySet<unknown> = new Set<ErrorCode>([
  'AUDIT_ANCHOR_FAILED',
  'AUDIT_ANCHOR_EMPTY',
])

/** Opens the store that the options name. */
export class StoreAccess {
  readonly #options: OptionValues
  readonly #terminal: Terminal
  readonly #resolvePath: (path: string) => string
  readonly #fixedPath: string | undefined
  readonly #signal: AbortSignal
  #alarm: ForgeError | undefined
  #remembered: Pick<ForgeOptions, 'secret' | 'keyProvider'> | undefined

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
    const path = this.path()
    const existing = await readStoreFile(path)
    if (existing !== undefined && existing.suite !== 'none')
      this.#remembered = await this.#findSecret(path, false)
    return this
  }

  /** The secret that opens the store, as a provider; asked for once. @throws KEY_SECRET_MISSING */
  async provider(): Promise<KeyProvider> {
    await this.remember()
    const { secret, keyProvider } = this.#remembered ?? {}
    if (keyProvider !== undefined) return keyProvider
    if (secret === undefined) return openProvider()
    return typeof secret === 'string' ? passphraseProvider(secret) : rawKeyProvider(secret.key)
  }

  /** Why what was opened is only read: an anchor knows another history. */
  get alarm(): ForgeError | undefined {
    return this.#alarm
  }

  /** Opens an existing store. */
  async open(
    acceptance: Pick<ForgeOptions, 'acceptRollback' | 'acceptRestoredKeyring'> = {},
  ): Promise<Forge> {
    const forge = await this.#open({ ...acceptance, create: 'never' })
    const { reasons } = forge.health()
    // Whichever command comes first: the next one may find it mended, and nothing to tell.
    for (const { code, message } of reasons)
      if (DAMAGE.has(code)) this.#terminal.note(`warning: ${message} [${code}]`)
    const found = reasons.find(({ code }) => ALARMS.includes(code))
    if (found !== undefined)
      this.#alarm = new ForgeError(found.code, `the store is only read: ${found.message}`)
    return forge
  }

  async create(options: Pick<ForgeOptions, 'shardCount' | 'encryption'>): Promise<Forge> {
    return await this.#open({ ...options, create: 'always' })
  }

  async #open(
    options: Pick<
      ForgeOptions,
      'shardCount' | 'encryption' | 'create' | 'acceptRollback' | 'acceptRestoredKeyring'
    >,
  ): Promise<Forge> {
    const path = this.path()
    const existing = await readStoreFile(path)
    const isNew = options.create === 'always'
    const suite = existing?.suite ?? options.encryption
    // A missing store is reported before anybody is asked for a secret.
    const needsSecret = suite !== 'none' && (existing !== undefined || isNew)
    const secret = needsSecret ? (this.#remembered ?? (await this.#findSecret(path, isNew))) : {}
    const maxSizeGb = maxSizeFromEnvironment()
    if (existing === undefined && !isNew)
      return await Forge.open({ path, create: 'never', encryption: 'none' })
    const anchors = await anchorsFromEnvironment(path, isNew)
    const logger: Logger = {
      log: (level, message, { code } = {}) => {
        // Everything else that is logged shows in what the command answers, or in the health.
        if (level === 'error' && ANCHOR_FAILURES.has(code)) this.#terminal.note(`${message} [${code}]`)
      },
    }
    const readOnly = this.#options['read-only'] === true
    const lockWaitMs = this.#lockWaitMs
    return await Forge.open({ path, ...options, ...secret, readOnly, lockWaitMs, maxSizeGb, anchors, logger })
  }

  /** @throws USAGE */
  get #lockWaitMs(): number {
    const text = textOption(this.#options, 'wait')
    if (text === undefined) return 0
    const ms = Number(text) * 1000
    if (text.trim() !== '' && ms >= 0 && ms <= LOCK_WAIT_MS_MAX) return Math.round(ms)
    throw usageError(`--wait is "${text}", which is no wait`, 'Give seconds, from 0 to 600.')
  }

  async #findSecret(
    storePath: string,
    isNew: boolean,
  ): Promise<Pick<ForgeOptions, 'secret' | 'keyProvider'>> {
    return await findSecret({
      options: this.#options,
      terminal: this.#terminal,
      resolvePath: this.#resolvePath,
      storePath,
      isNew,
      signal: this.#signal,
    })
  }
}
