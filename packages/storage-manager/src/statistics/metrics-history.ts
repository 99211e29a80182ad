import {
  asBuffer,
  ByteReader,
  ByteWriter,
  canonicalJson,
  type JsonObject,
  type Metrics,
  ForgeError,
  isForgeError,
} from '@forgeone/common'
import type { Operation, Store } from '@forgeone/engine'

export const METRICS_KEYSPACE = 0x20
/** With one sample an hour this is six weeks. */
export const METRIC_SAMPLES_MAX = 1000

export interface MetricsSample {
  readonly at: number
  /** Metric name to its value; a histogram gives count, sum and largest value. */
  readonly readings: JsonObject
}

/** Samples of the metrics, kept in the store: append-only by time, the oldest dropped. */
export class MetricsHistory {
  readonly #store: Store
  readonly #database: string
  readonly #metrics: Metrics

  constructor(o: { store: Store; database: string; metrics: Metrics }) {
    this.#store = o.store
    this.#database = o.database
    this.#metrics = o.metrics
  }

  /** Writes a sample of this moment. */
  async record(): Promise<void> {
    const surplus = await this.#surplusKeys()
    await this.#store.commit(
      ({ time }) => ({
        facts: { actor: 'system', action: 'metrics.recorded', resourceClass: 'metrics' },
        operations: [
          ...surplus.map((key): Operation => ({ type: 'delete', database: this.#database, key })),
          { type: 'put', database: this.#database, key: keyOf(time), value: this.#encode(time) },
        ],
      }),
      { privileged: true },
    )
  }

  /** All samples, oldest first. */
  async list(): Promise<readonly MetricsSample[]> {
    const samples: MetricsSample[] = []
    for await (const page of this.#store.scan(this.#database, range())) {
      for (const { value } of page) {
        try {
          samples.push(decodeSample(value))
        } catch (error) {
          // One that does not parse takes no other along; `verify` names it.
          if (!isForgeError(error, 'STORE_DAMAGED')) throw error
        }
      }
    }
    return samples
  }

  #encode(at: number): Uint8Array {
    const readings: Record<string, number | JsonObject> = {}
    for (const [name, reading] of this.#metrics.read()) {
      const { kind, ...values } = reading
      readings[name] = 'value' in values ? values.value : kind === 'histogram' ? { ...values } : {}
    }
    return new ByteWriter()
      .u8(1)
      .u48(at)
      .text(canonicalJson(readings, { code: 'INTERNAL', what: 'metrics' }))
      .finish()
  }

  async #surplusKeys(): Promise<readonly Uint8Array[]> {
    const keys: Uint8Array[] = []
    for await (const page of this.#store.scan(this.#database, range(), { keysOnly: true }))
      keys.push(...page.map((row) => row.key))
    return keys.slice(0, Math.max(0, keys.length - METRIC_SAMPLES_MAX + 1))
  }
}

function range(): { from: Uint8Array; to: Uint8Array } {
  return { from: Uint8Array.of(METRICS_KEYSPACE), to: Uint8Array.of(METRICS_KEYSPACE + 1) }
}

function keyOf(at: number): Uint8Array {
  const key = new Uint8Array(7)
  key[0] = METRICS_KEYSPACE
  asBuffer(key).writeUIntBE(at, 1, 6)
  return key
}

/** @throws STORE_DAMAGED */
export function decodeSample(bytes: Uint8Array): MetricsSample {
  const from = new ByteReader(bytes, { code: 'STORE_DAMAGED', what: 'a metrics sample' })
  if (from.u8() !== 1) throw from.failure('an unknown version')
  // Written by us as canonical JSON of an object.
  const at = from.u48()
  const text = from.text()
  from.end()
  try {
    return { at, readings: JSON.parse(text) as JsonObject }
  } catch (cause) {
    throw new ForgeError('STORE_DAMAGED', 'a metrics sample is no JSON', { cause })
  }
}
