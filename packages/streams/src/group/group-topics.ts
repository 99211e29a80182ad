import { compileTopicPattern, type TopicPattern } from '../topic/topic-pattern.ts'
import type { PlacedTopic, TopicDirectory } from '../shard/topic-directory.ts'

/**
 * The topics that a group's patterns match now. A pattern finds topics that begin with `$` only when it does so too:
 * else a group of everything would be fed its own dead letters.
 */
export class GroupTopics {
  readonly #directory: TopicDirectory
  readonly #patterns: readonly TopicPattern[]
  #matched: readonly PlacedTopic[] = []
  #knownNumbers = -1
  #knownTopics = -1
  #base = 0
  #lastCount = 0

  /** @throws STREAM_PATTERN_INVALID */
  constructor(directory: TopicDirectory, patterns: readonly string[]) {
    this.#directory = directory
    this.#patterns = patterns.map(compileTopicPattern)
  }

  /** @throws DATABASE_OFFLINE when topics of a shard that is set aside could match */
  assertReadable(): void {
    for (const { exact } of this.#patterns) {
      if (exact === undefined) this.#directory.assertAllOnline()
      else this.#directory.shardOf(exact)
    }
  }

  /**
   * @returns the topics, and a number that grows with each entry appended to them and with each change of which they
   *   are: a topic that begins anew may have as many entries as the one that was removed
   */
  current(): { readonly topics: readonly PlacedTopic[]; readonly count: number } {
    // Numbers of topics only grow, so a new topic anywhere shows in their sum, and a removal in how many there are.
    let numbers = 0
    let topics = 0
    for (const shard of this.#directory.online()) {
      numbers += shard.nextTopicId
      topics += shard.topics.size
    }
    if (numbers !== this.#knownNumbers || topics !== this.#knownTopics) {
      this.#knownNumbers = numbers
      this.#knownTopics = topics
      this.#matched = this.#match()
      this.#base = this.#lastCount + 1 - this.#entriesEver()
    }
    this.#lastCount = this.#base + this.#entriesEver()
    return { topics: this.#matched, count: this.#lastCount }
  }

  /** Whether one pattern of the group, by its text, matches a topic. */
  matches(pattern: string, topic: string): boolean {
    const found = this.#patterns.find(({ text }) => text === pattern)
    return found !== undefined && fits(found, topic)
  }

  #entriesEver(): number {
    return this.#matched.reduce((sum, { topic }) => sum + topic.version, 0)
  }

  #match(): readonly PlacedTopic[] {
    if (this.#patterns.every(({ exact }) => exact !== undefined)) {
      const names = new Set(this.#patterns.map(({ exact }) => exact!))
      return [...names].map((name) => this.#directory.find(name)).filter((placed) => placed !== undefined)
    }
    return this.#directory
      .online()
      .flatMap((shard) =>
        [...shard.topics.values()]
          .filter(({ name }) => this.#patterns.some((pattern) => fits(pattern, name)))
          .map((topic) => ({ shard, topic })),
      )
  }
}

function fits(pattern: TopicPattern, topic: string): boolean {
  return topic.startsWith('$') === pattern.text.startsWith('$') && pattern.matches(topic)
}
