import { ForgeError } from '@forgeone/common'
import { VALUE, valueMethods, type ObjectShape } from '../src/index.ts'

/** Has everything that faces have: deliveries, subscriptions, transactions, followers, imports, handlers, progress. */
export class Shop {
  readonly handed: Delivery[] = []
  readonly subscriptions: Subscription[] = []
  readonly written: string[] = []
  /** What iterators did. */
  readonly log: string[] = []
  readonly tills = { count: () => 2, busy: { list: () => ['a'] } }
  #wake: (() => void) | undefined

  get size(): number {
    return this.written.length
  }

  echo(value: unknown): unknown {
    return value
  }

  subscribe(
    { onLate, signal }: { readonly onLate?: (name: string) => unknown; readonly signal?: AbortSignal } = {},
    handler?: (delivery: Delivery) => unknown,
  ): Subscription {
    const subscription = new Subscription(this, { onLate, signal, handler })
    this.subscriptions.push(subscription)
    return subscription
  }

  /** @throws what the callback throws; nothing is written then */
  async transaction(callback: (tx: Tx) => unknown): Promise<readonly string[]> {
    const tx = new Tx()
    await callback(tx)
    tx.end()
    this.written.push(...tx.list)
    return tx.list
  }

  /** What comes, until it is stopped. */
  async *tail({ signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<string> {
    let at = 0
    try {
      for (;;) {
        while (at < this.written.length) yield this.written[at++]!
        if (signal?.aborted === true) return
        await new Promise<void>((resolve) => {
          this.#wake = resolve
          signal?.addEventListener('abort', () => resolve(), { once: true })
        })
      }
    } finally {
      this.log.push('tail ended')
    }
  }

  write(text: string): void {
    this.written.push(text)
    this.#wake?.()
  }

  /** Counts up and says how far it was read. */
  async *numbers(to: number, fail?: number): AsyncGenerator<number, string> {
    try {
      for (let at = 0; at < to; at++) {
        if (at === fail) throw new ForgeError('STREAM_BLOCK_DAMAGED', 'damaged', { details: { at } })
        this.log.push(String(at))
        yield at
      }
      return 'whole'
    } finally {
      this.log.push('ended')
    }
  }

  /** Endless, and each item of so many bytes. */
  async *bytes(size: number): AsyncGenerator<Uint8Array> {
    for (;;) {
      this.log.push('chunk')
      yield new Uint8Array(size)
    }
  }

  async importFrom(
    input: AsyncIterable<unknown> | (() => AsyncIterable<unknown>),
    {
      onProgress,
      stopAt,
    }: { readonly onProgress?: (seen: number) => unknown; readonly stopAt?: number } = {},
  ): Promise<{ readonly items: number; readonly bytes: number }> {
    let items = 0
    let bytes = 0
    const iterable = typeof input === 'function' ? input() : input
    for await (const item of iterable) {
      items++
      if (item instanceof Uint8Array) bytes += item.length
      onProgress?.(items)
      if (items === stopAt) break
      // So that what a listener throws has come back.
      if (onProgress !== undefined) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    return { items, bytes }
  }

  async wait({ signal }: { readonly signal: AbortSignal }): Promise<never> {
    return await new Promise((_, reject) => {
      const abort = (): void => {
        this.log.push('aborted')
        reject(signal.reason)
      }
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort)
    })
  }

  async map(values: readonly unknown[], callback: (value: unknown) => unknown): Promise<unknown[]> {
    const mapped = []
    for (const value of values) mapped.push(await callback(value))
    return mapped
  }

  /** Writes to what its caller brings. */
  async exportTo(target: Target): Promise<number> {
    let bytes = 0
    for (const text of this.written) bytes += await target.write(text)
    return bytes
  }

  secret(): Secret {
    return new Secret('hunter')
  }
}

export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  text(): string {
    return this.#text
  }
}

/** Somewhere to write to, of a class. */
export class Target {
  readonly #write: (text: string) => number | Promise<number>

  constructor(write: (text: string) => number | Promise<number>) {
    this.#write = write
  }

  write(text: string): number | Promise<number> {
    return this.#write(text)
  }
}

export class Delivery {
  readonly entry: { readonly id: number }
  isOpen = true
  outcome = ''
  readonly late: ((name: string) => unknown) | undefined

  constructor(id: number, late: ((name: string) => unknown) | undefined) {
    this.entry = { id }
    this.late = late
  }

  async ack(): Promise<string> {
    if (!this.isOpen) throw new ForgeError('STREAM_DELIVERY_SETTLED', 'settled')
    this.isOpen = false
    this.outcome = 'acked'
    return 'acked'
  }

  async nack(): Promise<void> {
    this.isOpen = false
    this.outcome = 'nacked'
  }

  async extend(): Promise<unknown> {
    return await this.late?.('extended')
  }
}

class Subscription {
  readonly ready: Promise<string> = Promise.resolve('ready')
  readonly maxInFlight = 10
  isClosed = false
  readonly #shop: Shop
  readonly #onLate: ((name: string) => unknown) | undefined
  #next = 0
  readonly #ended = Promise.withResolvers<void>()
  failures: unknown[] = []

  constructor(
    shop: Shop,
    o: {
      readonly onLate: ((name: string) => unknown) | undefined
      readonly signal: AbortSignal | undefined
      readonly handler: ((delivery: Delivery) => unknown) | undefined
    },
  ) {
    this.#shop = shop
    this.#onLate = o.onLate
    o.signal?.addEventListener('abort', () => void this.close())
    if (o.handler !== undefined) void this.#run(o.handler)
  }

  async nextBatch(max: number): Promise<readonly Delivery[]> {
    if (this.isClosed || this.#next >= 4) {
      if (this.#next >= 4 && max === 100) await this.#ended.promise
      return []
    }
    const batch = Array.from(
      { length: Math.min(max, 4 - this.#next) },
      () => new Delivery(this.#next++, this.#onLate),
    )
    this.#shop.handed.push(...batch)
    return batch
  }

  async ackAll(deliveries: readonly Delivery[]): Promise<number> {
    for (const delivery of deliveries) await delivery.ack()
    return deliveries.filter((delivery) => delivery instanceof Delivery).length
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.#ended.resolve()
    this.#shop.log.push('subscription closed')
  }

  async #run(handler: (delivery: Delivery) => unknown): Promise<void> {
    for (let batch = await this.nextBatch(1); batch.length > 0; batch = await this.nextBatch(1)) {
      try {
        await handler(batch[0]!)
        if (batch[0]!.isOpen) await batch[0]!.ack()
      } catch (error) {
        this.failures.push(error)
        await batch[0]!.nack()
      }
    }
  }
}

export class Tx {
  readonly list: string[] = []
  #hasEnded = false
  readonly log = { append: (text: string): void => this.#add(text) }

  end(): void {
    this.#hasEnded = true
  }

  #add(text: string): void {
    if (this.#hasEnded) throw new ForgeError('TRANSACTION_INVALID', 'it has ended')
    if (text === '') throw new ForgeError('STREAM_VALUE_INVALID', 'nothing is appended')
    this.list.push(text)
  }
}

const DELIVERY: ObjectShape = {
  kind: 'object',
  methods: valueMethods('ack', 'nack', 'extend'),
  properties: ['entry', 'isOpen'],
  changing: ['isOpen'],
  releasedBy: ['ack', 'nack'],
  whenLost: 'nack',
}

const SUBSCRIPTION: ObjectShape = {
  kind: 'object',
  methods: { ...valueMethods('ackAll', 'close'), nextBatch: { gives: { kind: 'list', of: DELIVERY } } },
  properties: ['maxInFlight'],
  asked: ['ready'],
  iterates: { method: 'nextBatch', args: [1] },
  releasedBy: ['close'],
  whenLost: 'close',
  whenClosing: 'close',
}

const TX: ObjectShape = {
  kind: 'object',
  methods: {},
  parts: { log: { kind: 'object', methods: valueMethods('append') } },
}

export const SHOP: ObjectShape = {
  kind: 'object',
  methods: {
    ...valueMethods('echo', 'write', 'wait'),
    subscribe: {
      gives: SUBSCRIPTION,
      callbacks: { '0.onLate': { gives: 'value' }, '1': { gives: 'value', gets: [DELIVERY] } },
    },
    transaction: { gives: VALUE, callbacks: { '0': { gives: 'value', gets: [TX] } } },
    tail: { gives: { kind: 'stream', isGenerator: true }, signalAt: 0 },
    numbers: { gives: { kind: 'stream', isGenerator: true } },
    bytes: { gives: { kind: 'stream' } },
    importFrom: {
      gives: VALUE,
      callbacks: { '0': { gives: 'stream' }, '1.onProgress': { gives: 'nothing' } },
    },
    map: { gives: VALUE, callbacks: { '1': { gives: 'value' } } },
    exportTo: {
      gives: VALUE,
      callbacks: { '0.write': { gives: 'value' } },
      takes: {
        0: {
          give: (target: Target) => ({ write: (text: string) => target.write(text) }),
          take: ({ write }: { write: (text: string) => Promise<number> }) => new Target(write),
        },
      },
    },
    secret: {
      gives: {
        kind: 'value',
        convert: { give: (secret: Secret) => secret.text(), take: (text: string) => new Secret(text) },
      },
    },
  },
  parts: {
    tills: {
      kind: 'object',
      methods: valueMethods('count'),
      parts: { busy: { kind: 'object', methods: valueMethods('list') } },
    },
  },
  asked: ['size'],
}
