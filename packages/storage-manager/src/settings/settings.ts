import {
  assert,
  canonicalJson,
  ForgeError,
  isForgeError,
  readArgument,
  utf8Encode,
  type JsonCompatible,
  type JsonValue,
  refuseOtherMembers,
} from '@forgeone/common'
import type { CommitContent, CommitPlace, Operation, Store } from '@forgeone/engine'
import { decodeSetting, encodeSetting, type Setting } from './setting-row.ts'
import { VersionsUnderWay } from './versions-under-way.ts'

export const SETTING_NAME_BYTES_MAX = 255
/** Settings are read whole and listed in memory. */
export const SETTING_VALUE_BYTES_MAX: number = 256 * 1024
export const SETTINGS_MAX = 100_000

const NAME_PATTERN = /^[\p{L}\p{N}_$-]+(?:[./:][\p{L}\p{N}_$-]+)*$/u

export interface SettingsOptions {
  readonly store: Store
  readonly database: string
  /** First byte of the keys; the rest is the keyed hash of the name, so that no name stands on disk in clear. */
  readonly keyspace: number
  readonly facility: string
  /** Hears of each row that does not parse. */
  readonly onSetAside?: ((row: { readonly key: Uint8Array; readonly error: ForgeError }) => void) | undefined
}

/** Named JSON values, durable when set. */
export class Settings {
  readonly #options: SettingsOptions
  readonly #versions = new VersionsUnderWay(async (name) => (await this.#stored(name))?.version ?? 0)
  /** Settings that are stored or being stored; counted when the first new one is set. */
  #count: number | undefined
  #counting: Promise<void> | undefined

  constructor(options: SettingsOptions) {
    this.#options = options
  }

  /**
   * @typeParam Value what the caller knows it to be: nothing checks it
   * @returns undefined when the setting does not exist @throws SETTING_INVALID
   */
  async get<Value = JsonValue>(name: string): Promise<Value | undefined> {
    return (await this.describe(name))?.value as Value | undefined
  }

  /** The setting with its version and time. @throws SETTING_INVALID */
  async describe(name: string): Promise<Setting | undefined> {
    checkName(name)
    return await this.#stored(name)
  }

  /** @throws SETTING_INVALID, also beyond `SETTINGS_MAX`; STREAM_VERSION_CONFLICT when `expectedVersion` (0: absent) is not met */
  async set<Value>(
    name: string,
    value: Value & JsonCompatible<Value>,
    options: { readonly expectedVersion?: number } = {},
  ): Promise<Setting> {
    checkName(name)
    const expected = expectedVersionOf(options)
    // A copy: what the caller does to his own later changes nothing here.
    const stored = plainValue(value)
    const { store, database } = this.#options
    // Of one promise for all, so that callers go on in the order in which they came.
    if (this.#count === undefined) await (this.#counting ??= this.#countStored())
    let setting: Setting | undefined
    let takeBack: (() => void) | undefined
    await this.#versions.during(name, async (current) => {
      const build = (place: CommitPlace): CommitContent => {
        const before = current.version
        assertVersion(expected, before)
        const next = { name, value: stored, version: before + 1, updatedAt: place.time }
        const bytes = encodeSetting(next)
        if (before === 0) this.#assertRoom()
        takeBack = () => {
          current.version = before
          if (before === 0 && this.#count !== undefined) this.#count--
        }
        setting = next
        current.version = next.version
        return this.#content('set', { type: 'put', database, key: this.#key(name), value: bytes })
      }
      // The next one is built on what there is.
      await store.commit(build, { joins: true, onRefused: () => takeBack?.() })
    })
    assert(setting !== undefined, 'a commit that settled was built')
    return setting
  }

  /** @returns false when there was none */
  async delete(name: string): Promise<boolean> {
    if ((await this.describe(name)) === undefined) return false
    const { store, database } = this.#options
    await this.#versions.during(name, async (current) => {
      const before = current.version
      const build = (): CommitContent => {
        current.version = 0
        return this.#content('delete', { type: 'delete', database, key: this.#key(name) })
      }
      await store.commit(build, { privileged: true, onRefused: () => void (current.version = before) })
    })
    this.#count = undefined
    return true
  }

  /** Settings whose name begins with `prefix`, by name. */
  async list(prefix: string = ''): Promise<readonly Setting[]> {
    if (typeof prefix !== 'string') throw invalid('a prefix of names is text', 'prefix')
    const { store, database, keyspace } = this.#options
    const found: Setting[] = []
    const range = { from: Uint8Array.of(keyspace), to: Uint8Array.of(keyspace + 1) }
    for await (const page of store.scan(database, range, { limit: SETTINGS_MAX })) {
      for (const { key, value } of page) {
        const setting = this.#parsed(key, value)
        if (setting?.name.startsWith(prefix)) found.push(setting)
      }
    }
    return found.sort((left, right) => (left.name < right.name ? -1 : 1))
  }

  async #stored(name: string): Promise<Setting | undefined> {
    const bytes = await this.#options.store.get(this.#options.database, this.#key(name))
    return bytes === undefined ? undefined : decodeSetting(bytes)
  }

  /** One row that does not parse is set aside and reported; it takes no other along. */
  #parsed(key: Uint8Array, value: Uint8Array): Setting | undefined {
    try {
      return decodeSetting(value)
    } catch (error) {
      if (!isForgeError(error, 'STORE_DAMAGED')) throw error
      this.#options.onSetAside?.({ key, error })
      return undefined
    }
  }

  async #countStored(): Promise<void> {
    try {
      this.#count = (await this.list()).length
    } finally {
      this.#counting = undefined
    }
  }

  #assertRoom(): void {
    if (this.#count !== undefined && this.#count >= SETTINGS_MAX)
      throw new ForgeError('SETTING_INVALID', `there are ${SETTINGS_MAX} settings, and may be no more`)
    if (this.#count !== undefined) this.#count++
  }

  #content(verb: string, operation: Operation): CommitContent {
    const { facility } = this.#options
    return {
      facts: { actor: 'app', action: `${facility}.${verb}`, resourceClass: facility },
      operations: [operation],
    }
  }

  #key(name: string): Uint8Array {
    const hash = this.#options.store.keyedHash({
      purpose: 'blind',
      label: this.#options.facility,
      value: utf8Encode(name),
    })
    const key = new Uint8Array(1 + hash.length)
    key[0] = this.#options.keyspace
    key.set(hash, 1)
    return key
  }
}

function checkName(name: string): void {
  if (
    typeof name === 'string' &&
    // Before the pattern works it over.
    name.length <= SETTING_NAME_BYTES_MAX &&
    NAME_PATTERN.test(name) &&
    Buffer.byteLength(name) <= SETTING_NAME_BYTES_MAX
  )
    return
  throw new ForgeError(
    'SETTING_INVALID',
    'a setting name is letters, digits, _ - and $, in parts divided by . / or :',
    {
      details: { field: 'name' },
    },
  )
}

function plainValue(value: unknown): JsonValue {
  const text = settingText(value)
  if (Buffer.byteLength(text) > SETTING_VALUE_BYTES_MAX)
    throw invalid(`the value is larger than ${SETTING_VALUE_BYTES_MAX} bytes`, 'value')
  // Text of JSON, made one line above.
  return JSON.parse(text) as JsonValue
}

/** @throws SETTING_INVALID, also for what throws when it is looked at */
function settingText(value: unknown): string {
  return readArgument('SETTING_INVALID', () =>
    canonicalJson(value, { code: 'SETTING_INVALID', what: 'the value' }),
  )
}

function expectedVersionOf(options: unknown): number | undefined {
  refuseOtherMembers(options, { code: 'SETTING_INVALID', names: ['expectedVersion'] })
  if (options === undefined) return undefined
  const expected: unknown = readArgument('SETTING_INVALID', () => {
    if (typeof options === 'object' && options !== null) return Reflect.get(options, 'expectedVersion')
    throw invalid('options are an object', 'options')
  })
  if (expected === undefined) return undefined
  if (Number.isSafeInteger(expected) && Number(expected) >= 0) return Number(expected)
  throw invalid('expectedVersion is a version, or 0 for none', 'expectedVersion')
}

function invalid(reason: string, field: string): ForgeError {
  return new ForgeError('SETTING_INVALID', reason, { details: { field } })
}

function assertVersion(expected: number | undefined, actual: number): void {
  if (expected === undefined || expected === actual) return
  throw new ForgeError(
    'STREAM_VERSION_CONFLICT',
    `the setting has version ${actual}, expected was ${expected}`,
    {
      details: { actual, expected },
      hint: 'The setting changed meanwhile. Read it again and retry.',
    },
  )
}
