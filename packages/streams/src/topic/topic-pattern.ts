import { ForgeError } from '@forgeone/common'
import { topicTextFault } from './topic-name.ts'

/** A compiled topic pattern. `exact` is the one topic it can match, when it has no wildcard. */
export interface TopicPattern {
  readonly text: string
  readonly exact?: string
  matches(topic: string): boolean
}

/**
 * Compiles a pattern: `*` stands for exactly one token, `>` for one or more at the end.
 * System topics are not special here: `>` matches `$dead.mail` too.
 * @throws STREAM_PATTERN_INVALID with the reason
 */
export function compileTopicPattern(text: string): TopicPattern {
  const reason = patternFault(text)
  if (reason !== undefined) {
    throw new ForgeError('STREAM_PATTERN_INVALID', `the topic pattern ${reason}`, {
      details: { field: 'pattern', reason },
    })
  }
  const tokens = text.split('.')
  if (!tokens.includes('*') && !tokens.includes('>')) {
    return { text, exact: text, matches: (topic) => topic === text }
  }
  const open = tokens.at(-1) === '>'
  const fixed = open ? tokens.slice(0, -1) : tokens
  return { text, matches: (topic) => matchesTokens(topic, fixed, open) }
}

function patternFault(text: unknown): string | undefined {
  if (typeof text !== 'string') return 'is not a string'
  if (text === '') return 'is empty'
  const tokens = text.split('.')
  if (tokens.some((token) => token.length > 1 && token.includes('*'))) {
    return 'mixes * with other characters in one token'
  }
  if (tokens.some((token) => token.length > 1 && token.includes('>'))) {
    return 'mixes > with other characters in one token'
  }
  if (tokens.slice(0, -1).includes('>')) return 'has > before its end'
  return topicTextFault(text)
}

/** Walks the topic token by token without splitting it, since this runs for each topic of a store. */
function matchesTokens(topic: string, tokens: readonly string[], open: boolean): boolean {
  let start = 0
  for (const token of tokens) {
    if (start > topic.length) return false
    const dot = topic.indexOf('.', start)
    const end = dot === -1 ? topic.length : dot
    const fits = token === '*' || (end - start === token.length && topic.startsWith(token, start))
    if (!fits) return false
    start = end + 1
  }
  // `start` is past the end exactly when all tokens of the topic are used up.
  return open ? start <= topic.length : start > topic.length
}
