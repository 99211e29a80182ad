import { resourceSegment } from '@forgeone/engine'

/**
 * The resource of topics: dots part segments, `*` is one token and `>` the rest. Whatever else a token holds is one
 * segment, and no two topics have the same resource: `/` is written `%2F`, `%` is `%25`.
 */
export function topicResource(stream: 'logs' | 'events', pattern: unknown = '>'): string {
  // What is no text names no topic: only who may use all of them may try.
  const tokens = typeof pattern === 'string' ? pattern.split('.') : ['>']
  return [stream, ...tokens.map(topicSegment)].join('/')
}

function topicSegment(token: string): string {
  if (token === '>') return '**'
  return token === '*' ? token : resourceSegment(token)
}
