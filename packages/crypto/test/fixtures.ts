import {
  ForgeError,
  fromHex,
  ManualClock,
  type Clock,
  SeededRandom,
  systemRandom,
  utf8Encode,
} from '@forgeone/common'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { KeyringCopies, KeyringFile, Keyring, KeyProvider, SuiteName } from '../src/index.ts'
import { createKeyring, openKeyring, rawKeyProvider } from '../src/index.ts'

export const STORE_ID: Uint8Array = fromHex('00112233445566778899aabbccddeeff')!
export const RAW_KEY: Uint8Array = Uint8Array.from({ length: 32 }, (_, index) => index)
/** The cheapest accepted floor: what a test of a passphrase pays per derivation. */
export const CHEAP_KDF = { name: 'argon2id', memoryKib: 7 * 1024, passes: 5, lanes: 1 } as const

/** The keyring port in memory; counts its writes and fails on demand. */
export class MemoryKeyringFile implements KeyringFile {
  primary: Uint8Array | undefined
  copy: Uint8Array | undefined
  writes = 0
  failing = false

  async read(): Promise<KeyringCopies> {
    return { ...(this.primary && { primary: this.primary }), ...(this.copy && { copy: this.copy }) }
  }

  async replace(bytes: Uint8Array): Promise<void> {
    this.replaceSync(bytes)
  }

  replaceSync(bytes: Uint8Array): void {
    if (this.failing) throw new ForgeError('IO_FAILED', 'the test wants no writes')
    this.writes++
    this.primary = bytes
    this.copy = bytes
  }

  /** A file with the same content. */
  fork(): MemoryKeyringFile {
    const fork = new MemoryKeyringFile()
    fork.primary = this.primary
    fork.copy = this.copy
    return fork
  }
}

interface Setup {
  readonly file?: KeyringFile
  readonly provider?: KeyProvider
  readonly suite?: SuiteName
  readonly scopes?: readonly string[]
  readonly storeId?: Uint8Array
  readonly seed?: number
  readonly repair?: boolean
  readonly sealsMax?: number
  readonly clock?: Clock
}

function parts(o: Setup) {
  return {
    file: o.file ?? new MemoryKeyringFile(),
    provider: o.provider ?? rawKeyProvider(RAW_KEY),
    storeId: o.storeId ?? STORE_ID,
    clock: o.clock ?? new ManualClock(),
    random: o.seed === undefined ? systemRandom : new SeededRandom(o.seed),
    sealsMax: o.sealsMax,
  }
}

export function create(o: Setup = {}): Promise<Keyring> {
  return createKeyring({ ...parts(o), suite: o.suite ?? 'aes-256-gcm', scopes: o.scopes ?? ['a'] })
}

export function reopen(o: Setup = {}): Promise<Keyring> {
  return openKeyring({ ...parts(o), ...(o.repair !== undefined && { repair: o.repair }) })
}

export const bytes = utf8Encode

/** The code of what `run` throws; `nothing` when it does not throw. */
export function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return error instanceof ForgeError ? error.code : `other: ${String(error)}`
  }
  return 'nothing'
}

export async function codeOfAsync(run: () => Promise<unknown>): Promise<string> {
  try {
    await run()
  } catch (error) {
    return error instanceof ForgeError ? error.code : `other: ${String(error)}`
  }
  return 'nothing'
}

/** Parsed JSON of a shared test file; undefined, with one line of notice, where the data is not installed. */
export function sharedVectors<T>(name: string): T | undefined {
  const root = process.env['FORGE_SHARED'] ?? fileURLToPath(new URL('../../../../shared', import.meta.url))
  const file = `${root}/data/crypto/${name}`
  if (!existsSync(file)) {
    process.stdout.write(`skipped: ${file} is absent\n`)
    return undefined
  }
  // The shape is the caller's claim about a published file.
  return JSON.parse(readFileSync(file, 'utf8')) as T
}
