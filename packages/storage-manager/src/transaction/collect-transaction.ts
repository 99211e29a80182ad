import { ArgumentCheck, copyPlain, ForgeError, isMapObject } from '@forgeone/common'
import {
  APPEND_ENTRIES_MAX,
  type EventStream,
  type ExpectedVersion,
  type LogStream,
  type Receipt,
} from '@forgeone/streams'
import type { SecretChange, Vault } from '@forgeone/vault'
import type { FeatureFlags } from '../settings/feature-flags.ts'
import type { Setting } from '../settings/setting-row.ts'
import type { Settings } from '../settings/settings.ts'
import type { Transaction } from './transaction.ts'

/** Each is a commit and a leaf of its own; all are held in memory and written in one frame. */
export const TRANSACTION_CALLS_MAX = 1000

const check = new ArgumentCheck('TRANSACTION_INVALID')

/** The faces of the store, or of a principal. */
export interface TransactionFaces {
  readonly logs: LogStream
  readonly events: EventStream
  readonly settings: Settings
  readonly flags: FeatureFlags
  readonly vault: Vault
}

export interface Outcomes {
  logs?: Receipt
  events?: Receipt
  readonly settings: Setting[]
  readonly secrets: SecretChange[]
}

/** One call to come; it tells the outcomes what it gave. */
type Call = (faces: TransactionFaces, outcomes: Outcomes) => Promise<unknown>

interface Append {
  readonly inputs: readonly unknown[]
  readonly versions: ReadonlyMap<string, unknown>
}

/** Takes down what a transaction is to do. */
export class CollectedTransaction implements Transaction {
  readonly logs: Transaction['logs']
  readonly events: Transaction['events']
  readonly settings: Transaction['settings']
  readonly flags: Transaction['flags']
  readonly vault: Transaction['vault']
  readonly ack: Transaction['ack']
  readonly #calls: Call[] = []
  readonly #appends: Partial<Record<'logs' | 'events', Append>> = {}
  #settings = 0
  #secrets = 0
  #hasEnded = false

  constructor() {
    this.logs = { append: (...given) => this.#append('logs', given) }
    this.events = { append: (...given) => this.#append('events', given) }
    this.settings = {
      set: (...given) => {
        const args = readArguments(given)
        const index = this.#settings++
        this.#add(async (faces, { settings }) => (settings[index] = await faces.settings.set(...args)))
      },
    }
    this.flags = {
      set: (...given) => {
        const args = readArguments(given)
        this.#add((faces) => faces.flags.set(...args))
      },
    }
    this.ack = (delivery) => {
      check.port(delivery, ['ack'], 'the delivery')
      this.#add(() => delivery.ack())
    }
    this.vault = {
      set: (...given) => {
        const args = readArguments(given)
        const index = this.#secrets++
        this.#add(async (faces, { secrets }) => (secrets[index] = await faces.vault.set(...args)))
      },
    }
  }

  /** In the order in which they were made. */
  get calls(): readonly Call[] {
    return this.#calls
  }

  /** Takes nothing any more. */
  end(): void {
    this.#hasEnded = true
  }

  /** All entries of a stream are one call: it is one commit. What is refused here adds nothing. */
  #append(stream: 'logs' | 'events', given: readonly unknown[]): void {
    this.#assertOpen()
    const [input, options] = readArguments(given)
    const { expectedVersion } = check.options(options, ['expectedVersion'])
    const inputs: readonly unknown[] = Array.isArray(input) ? input : [input]
    const before = this.#appends[stream]
    const all = [...(before?.inputs ?? []), ...inputs]
    if (all.length > APPEND_ENTRIES_MAX)
      throw new ForgeError(
        'STREAM_LIMIT',
        `a transaction appends at most ${APPEND_ENTRIES_MAX} entries to a stream`,
      )
    const versions = joinVersions(before?.versions, inputs, expectedVersion)
    const append: Append = { inputs: all, versions }
    if (before === undefined) this.#add((faces, outcomes) => this.#appendTo(stream, faces, outcomes))
    this.#appends[stream] = append
  }

  async #appendTo(stream: 'logs' | 'events', faces: TransactionFaces, outcomes: Outcomes): Promise<void> {
    const { inputs, versions } = this.#appends[stream]!
    // Checked by the method, as anything that is given to it.
    const expected = { expectedVersion: versions as ExpectedVersion }
    outcomes[stream] = await faces[stream].append(inputs as never[], versions.size === 0 ? {} : expected)
  }

  #add(call: Call): void {
    this.#assertOpen()
    if (this.#calls.length >= TRANSACTION_CALLS_MAX)
      throw new ForgeError(
        'TRANSACTION_INVALID',
        `a transaction makes at most ${TRANSACTION_CALLS_MAX} calls`,
      )
    this.#calls.push(call)
  }

  #assertOpen(): void {
    if (this.#hasEnded)
      throw new ForgeError(
        'TRANSACTION_INVALID',
        'the transaction has ended; nothing is added to it any more',
      )
  }
}

/** Reading them may throw: they come from elsewhere. */
function readArguments<Given extends readonly unknown[]>(given: Given): Given {
  try {
    // Each as it was, but for who holds it.
    return copyPlain(given)
  } catch (cause) {
    throw new ForgeError('TRANSACTION_INVALID', 'what is to be written cannot be read', { cause })
  }
}

/** Joins the conditions of several appends: they hold for the topics as they are before the transaction. */
function joinVersions(
  before: ReadonlyMap<string, unknown> | undefined,
  inputs: readonly unknown[],
  expected: unknown,
): ReadonlyMap<string, unknown> {
  const versions = new Map(before)
  if (expected === undefined) return versions
  const conditions = isMapObject(expected)
    ? [...expected]
    : [...topicsOf(inputs)].map((topic) => [topic, expected])
  if (!isMapObject(expected) && conditions.length > 1)
    throw new ForgeError(
      'STREAM_VALUE_INVALID',
      'expectedVersion must be a map when several topics are named',
    )
  for (const [topic, condition] of conditions as [string, unknown][]) {
    const known = versions.get(topic)
    if (known !== undefined && known !== condition)
      throw new ForgeError(
        'TRANSACTION_INVALID',
        'two appends of a transaction expect different versions of one topic',
      )
    versions.set(topic, condition)
  }
  return versions
}

/** What is no text is refused by the append itself. */
function topicsOf(inputs: readonly unknown[]): ReadonlySet<string> {
  const topics = inputs.map((input) =>
    typeof input === 'object' && input !== null ? (Reflect.get(input, 'topic') as unknown) : undefined,
  )
  return new Set(topics.filter((topic) => typeof topic === 'string'))
}
