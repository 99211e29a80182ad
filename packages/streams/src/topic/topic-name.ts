import { ForgeError, utf8Encode } from '@forgeone/common'

/** A name is part of every index row and metric listing, so one length byte must hold it. */
export const TOPIC_NAME_BYTES_MAX = 255
/** Bounds the depth of the topic trie and the cost of matching a pattern. */
export const TOPIC_TOKENS_MAX = 16

/** First character of the topics ForgeOne keeps for itself. */
const SYSTEM_MARK = '$'
const BLANK_OR_CONTROL = /[\s\p{Cc}]/u

export interface TopicNameOptions {
  /** Accept names whose first token starts with `$`: only for topics ForgeOne writes itself. */
  readonly system?: boolean | undefined
}

/**
 * Checks a topic name: `.`-separated tokens without blanks, control characters, `*` or `>`.
 * @throws STREAM_TOPIC_INVALID with the reason
 */
export function validateTopicName(name: string, options: TopicNameOptions = {}): void {
  const reason = topicNameFault(name) ?? (options.system === true ? undefined : reservedFault(name))
  if (reason !== undefined) {
    throw new ForgeError('STREAM_TOPIC_INVALID', `the topic name ${reason}`, {
      details: { field: 'topic', reason },
    })
  }
}

function reservedFault(name: string): string | undefined {
  return name.startsWith(SYSTEM_MARK) ? 'starts with $, which is reserved for ForgeOne' : undefined
}

/** What is wrong with the form of a name, or undefined. Reserved names are well-formed. */
function topicNameFault(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'is not a string'
  if (name === '') return 'is empty'
  if (name.includes('*') || name.includes('>')) return 'holds * or >, which only patterns may'
  return topicTextFault(name)
}

/** The rules that names and patterns share: characters, empty tokens and sizes. */
export function topicTextFault(text: string): string | undefined {
  if (text.length > TOPIC_NAME_BYTES_MAX || utf8Encode(text).length > TOPIC_NAME_BYTES_MAX) {
    return `is longer than ${TOPIC_NAME_BYTES_MAX} bytes`
  }
  if (!text.isWellFormed()) return 'holds a lone surrogate'
  if (BLANK_OR_CONTROL.test(text)) return 'holds a blank or a control character'
  const tokens = text.split('.')
  if (tokens.length > TOPIC_TOKENS_MAX) return `has more than ${TOPIC_TOKENS_MAX} tokens`
  return tokens.includes('') ? 'has an empty token' : undefined
}
