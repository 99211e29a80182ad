/** What opens a store. Loaded by the first command that does, since all the rest of ForgeOne comes with it. */
import { fileAnchor, type Anchor } from '@forgeone/audit'
import { isForgeError, type ErrorCode, type Logger } from '@forgeone/common'
import { openProvider, passphraseProvider, rawKeyProvider, type KeyProvider } from '@forgeone/crypto'
import { readStoreFile } from '@forgeone/engine'
import { Forge, LOCK_WAIT_MS_MAX, type ConnectedForge, type ForgeOptions } from '@forgeone/storage-manager'
import { textOption, usageError } from './parse-arguments.ts'
import { findSecret, type SecretRequest } from './secret.ts'

export type Credentials = Pick<ForgeOptions, 'secret' | 'keyProvider'>
export type OpeningOptions = Pick<
  ForgeOptions,
  'shardCount' | 'encryption' | 'create' | 'acceptRollback' | 'acceptRestoredKeyring'
>

/** A command is done all the same; that its checkpoint went nowhere must not go unheard. */
const ANCHOR_FAILURES: ReadonlySet<unknown> = new Set<ErrorCode>([
  'AUDIT_ANCHOR_FAILED',
  'AUDIT_ANCHOR_EMPTY',
])

/** What opens the existing store: nothing for one that hides nothing, or is not there. @throws as findSecret */
export async function findCredentials(request: SecretRequest): Promise<Credentials | undefined> {
  const existing = await readStoreFile(request.storePath)
  return existing === undefined || existing.suite === 'none' ? undefined : await findSecret(request)
}

export function providerOf({ secret, keyProvider }: Credentials): KeyProvider {
  if (keyProvider !== undefined) return keyProvider
  if (secret === undefined) return openProvider()
  return typeof secret === 'string' ? passphraseProvider(secret) : rawKeyProvider(secret.key)
}

/**
 * The store as this process has it, or as the process that has it open shares it.
 * @throws as openStore, and what connecting throws
 */
export async function joinStore(
  request: SecretRequest,
  remembered: Credentials | undefined,
): Promise<ConnectedForge> {
  const credentials = remembered ?? (await findCredentials(request)) ?? {}
  try {
    const forge = await openStore(request, { create: 'never' }, credentials)
    // What it answers at once can be awaited as well.
    return forge as unknown as ConnectedForge
  } catch (error) {
    // One that is only read is looked at without whoever has it open.
    if (!isForgeError(error, 'STORE_LOCKED') || request.options['read-only'] === true) throw error
    try {
      return await Forge.connect({ path: request.storePath, ...credentials })
    } catch (cause) {
      // Who has it open says more than that it is not shared.
      throw isForgeError(cause, 'STORE_NOT_SHARED', 'STORE_HOST_LOST') ? error : cause
    }
  }
}

/** @throws what opening throws, USAGE, AUDIT_ANCHOR_FAILED, and as findSecret where no credentials are given */
export async function openStore(
  request: SecretRequest,
  opening: OpeningOptions,
  remembered: Credentials | undefined,
): Promise<Forge> {
  const { storePath: path, isNew, options, terminal } = request
  const existing = await readStoreFile(path)
  const suite = existing?.suite ?? opening.encryption
  // A missing store is reported before anybody is asked for a secret.
  const needsSecret = suite !== 'none' && (existing !== undefined || isNew)
  const credentials = needsSecret ? (remembered ?? (await findSecret(request))) : {}
  const maxSizeGb = maxSizeFromEnvironment()
  if (existing === undefined && !isNew) return await Forge.open({ path, create: 'never', encryption: 'none' })
  const anchors = await anchorsFromEnvironment(path, isNew)
  const logger: Logger = {
    log: (level, message, { code } = {}) => {
      // Everything else that is logged shows in what the command answers, or in the health.
      if (level === 'error' && ANCHOR_FAILURES.has(code)) terminal.note(`${message} [${code}]`)
    },
  }
  const readOnly = options['read-only'] === true
  const lockWaitMs = lockWaitMsOf(textOption(options, 'wait'))
  return await Forge.open({
    path,
    ...opening,
    ...credentials,
    readOnly,
    lockWaitMs,
    maxSizeGb,
    anchors,
    logger,
  })
}

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

/** @throws USAGE */
function lockWaitMsOf(text: string | undefined): number {
  if (text === undefined) return 0
  const ms = Number(text) * 1000
  if (text.trim() !== '' && ms >= 0 && ms <= LOCK_WAIT_MS_MAX) return Math.round(ms)
  throw usageError(`--wait is "${text}", which is no wait`, 'Give seconds, from 0 to 600.')
}
