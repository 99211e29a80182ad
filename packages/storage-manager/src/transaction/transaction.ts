import type { JsonCompatible } from '@forgeone/common'
import type { Delivery, ExpectedVersion, LogInput, Receipt, StorableEvent } from '@forgeone/streams'
import type { SecretChange, SetSecretOptions } from '@forgeone/vault'
import type { FeatureFlag } from '../settings/feature-flags.ts'
import type { Setting } from '../settings/setting-row.ts'

export interface TransactionAppendOptions {
  /** Of the topics as they are before the transaction. @see EventStream.append */
  readonly expectedVersion?: ExpectedVersion | undefined
}

/**
 * What is to be written together. Nothing is written, and nothing but the list of it checked, before the callback that was given
 * the transaction has ended. The methods take what those of `Forge` take; values are those of the call, as they are then.
 */
export interface Transaction {
  readonly logs: {
    append(input: LogInput | readonly LogInput[], options?: TransactionAppendOptions): void
  }
  readonly events: {
    append<Payload>(
      input: StorableEvent<Payload> | readonly StorableEvent<Payload>[],
      options?: TransactionAppendOptions,
    ): void
  }
  readonly settings: {
    set<Value>(
      name: string,
      value: Value & JsonCompatible<Value>,
      options?: { readonly expectedVersion?: number },
    ): void
  }
  readonly flags: { set(name: string, flag: FeatureFlag): void }
  readonly vault: { set(path: string, value: Uint8Array | string, options?: SetSecretOptions): void }
  /** The event of a consumer group is done with, if the rest is written. */
  readonly ack: (delivery: Delivery) => void
}

/** What a transaction has written. */
export interface TransactionResult {
  /** Of all log entries, in the order in which they were appended; absent when there were none. */
  readonly logs?: Receipt
  readonly events?: Receipt
  /** In the order of the calls. */
  readonly settings: readonly Setting[]
  readonly secrets: readonly SecretChange[]
}
