import { ByteReader, ByteWriter, copyPlain, ForgeError, utf8Encode } from '@forgeone/common'
import type { Operation, Store } from '@forgeone/engine'
import { hashedKey, KEYSPACE_RETENTION, keyspaceRange } from '../shard/keys.ts'
import type { Topic } from '../shard/topic.ts'
import { checkedRetention, type Retention } from '../shard/topic-settings.ts'
import { compileTopicPattern, type TopicPattern } from '../topic/topic-pattern.ts'

/** Each is looked at for every topic when retention is applied. */
export const RETENTION_RULES_MAX = 1_000

export interface RetentionRuleEntry {
  readonly pattern: string
  readonly retention: Retention
}

const ROW_VERSION = 1

/** How long the entries of topics are kept, by pattern; rows of the first shard. */
export class RetentionRules {
  readonly #store: Store
  readonly #database: string
  readonly #rules = new Map<string, { readonly compiled: TopicPattern; readonly retention: Retention }>()

  constructor(store: Store, database: string) {
    this.#store = store
    this.#database = database
  }

  async load(): Promise<void> {
    for await (const page of this.#store.scan(this.#database, keyspaceRange(KEYSPACE_RETENTION))) {
      for (const { value } of page) {
        const from = new ByteReader(value, { code: 'STREAM_BLOCK_DAMAGED', what: 'a retention rule' })
        if (from.u8() !== ROW_VERSION) throw from.failure('an unknown version')
        const pattern = from.text()
        // Written by us; a row that is authentic holds bounds.
        const retention = JSON.parse(from.text()) as Retention
        this.#rules.set(pattern, { compiled: compileTopicPattern(pattern), retention })
      }
    }
  }

  list(): readonly RetentionRuleEntry[] {
    return [...this.#rules]
      .map(([pattern, { retention }]) => ({ pattern, retention: copyPlain(retention) }))
      .sort((left, right) => (left.pattern < right.pattern ? -1 : 1))
  }

  /** The topic's own bounds, else those of the most specific pattern: the one with the longest constant text. */
  of(topic: Topic): Retention | undefined {
    if (topic.settings.retention !== undefined) return topic.settings.retention
    let best: { readonly length: number; readonly retention: Retention } | undefined
    for (const [pattern, { compiled, retention }] of this.#rules) {
      const length = pattern.replaceAll(/[*>]/g, '').length
      if (compiled.matches(topic.name) && (best === undefined || length > best.length))
        best = { length, retention }
    }
    return best?.retention
  }

  /** @throws STREAM_PATTERN_INVALID, STREAM_VALUE_INVALID, STREAM_LIMIT, and what a commit throws */
  async set(pattern: string, retention: Retention, facility: string): Promise<void> {
    const compiled = compileTopicPattern(pattern)
    const checked = checkedRetention(retention)
    if (Object.keys(checked).length === 0)
      throw new ForgeError('STREAM_VALUE_INVALID', 'a retention rule needs an age, a size or a count')
    if (!this.#rules.has(pattern) && this.#rules.size >= RETENTION_RULES_MAX)
      throw new ForgeError('STREAM_LIMIT', `there are at most ${RETENTION_RULES_MAX} retention rules`)
    const value = new ByteWriter().u8(ROW_VERSION).text(pattern).text(JSON.stringify(checked)).finish()
    await this.#commit(facility, 'set-retention', {
      type: 'put',
      database: this.#database,
      key: this.#key(pattern),
      value,
    })
    this.#rules.set(pattern, { compiled, retention: checked })
  }

  /** @returns false when there was none */
  async remove(pattern: string, facility: string): Promise<boolean> {
    if (!this.#rules.has(pattern)) return false
    await this.#commit(facility, 'remove-retention', {
      type: 'delete',
      database: this.#database,
      key: this.#key(pattern),
    })
    this.#rules.delete(pattern)
    return true
  }

  async #commit(facility: string, action: string, operation: Operation): Promise<void> {
    await this.#store.commit(
      () => ({
        facts: { actor: 'app', action: `${facility}.${action}`, resourceClass: facility },
        operations: [operation],
      }),
      { privileged: true },
    )
  }

  #key(pattern: string): Uint8Array {
    return hashedKey(
      KEYSPACE_RETENTION,
      this.#store.keyedHash({ purpose: 'topic', label: 'retention', value: utf8Encode(pattern) }),
    )
  }
}
