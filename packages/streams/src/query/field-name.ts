import type { JsonPath, QueryField } from './ast.ts'
import type { QueryLexer } from './lexer.ts'
import { querySyntaxError } from '../syntax/query-error.ts'

const ROOT_NAME = /[A-Za-z_]+/y
const MEMBER_NAME = /[\p{L}\p{N}_$@-]+/uy
const ARRAY_INDEX = /\[(\d{1,9})\]/y
const PLAIN_FIELDS = ['topic', 'severity', 'priority', 'time', 'id', 'marker'] as const
const FIELD_NAMES: readonly string[] = ['message', ...PLAIN_FIELDS, 'metadata', 'payload']

/** Names other systems use, for the suggestion only: one spelling per field keeps queries comparable. */
const SYNONYMS: Readonly<Record<string, string>> = {
  level: 'severity',
  lvl: 'severity',
  msg: 'message',
  text: 'message',
  body: 'message',
  timestamp: 'time',
  ts: 'time',
  date: 'time',
  meta: 'metadata',
  channel: 'topic',
  stream: 'topic',
  checkpoint: 'marker',
  data: 'payload',
}

/** The name of a field as queries write it. */
export function fieldName(field: QueryField): string {
  if (field.name === 'text') return 'message'
  if (field.name !== 'metadata' && field.name !== 'payload') return field.name
  return field.name + field.path.map(pathPart).join('')
}

function pathPart(part: string | number): string {
  if (typeof part === 'number') return `[${part}]`
  MEMBER_NAME.lastIndex = 0
  const isBare = MEMBER_NAME.exec(part)?.[0] === part
  return isBare ? `.${part}` : `."${part.replaceAll(/["\\]/g, '\\$&')}"`
}

/**
 * Reads `field:` when one stands here. The colon belongs to a field only after a plain name or a path of `metadata` or
 * `payload`; after an unknown name it is text when a blank, a slash, a backslash, another colon or the end follows
 * (`http://x`, `C:\x`, `std::x`, `failed:`), else the name is a mistake.
 * @throws STREAM_QUERY_SYNTAX with a suggestion for an unknown name
 */
export function readFieldPrefix(lexer: QueryLexer): QueryField | undefined {
  const start = lexer.offset
  const root = lexer.match(ROOT_NAME)
  if (root === undefined) return undefined
  const field = fieldOfRoot(lexer, root)
  if (field !== undefined && lexer.take(':')) return field
  const isMistake = field === undefined && lexer.peek() === ':' && !/^[\s/\\:)|]?$/.test(lexer.peek(1))
  if (isMistake) throw unknownField(root, start)
  lexer.rewind(start)
  return undefined
}

/** Reads the name of a field in a pipe. @throws STREAM_QUERY_SYNTAX when it is none */
export function readField(lexer: QueryLexer): QueryField {
  const start = lexer.offset
  const root = lexer.match(ROOT_NAME)
  if (root === undefined) throw lexer.fault('a field is missing', FIELD_NAMES)
  const field = fieldOfRoot(lexer, root)
  if (field === undefined) throw unknownField(root, start)
  return field
}

function fieldOfRoot(lexer: QueryLexer, root: string): QueryField | undefined {
  if (root === 'metadata' || root === 'payload') return { name: root, path: readPath(lexer) }
  if (root === 'message') return { name: 'text' }
  const name = PLAIN_FIELDS.find((known) => known === root)
  return name === undefined ? undefined : { name }
}

function readPath(lexer: QueryLexer): JsonPath {
  const path: (string | number)[] = []
  for (;;) {
    const before = lexer.offset
    const index = lexer.match(ARRAY_INDEX)
    if (index !== undefined) {
      path.push(Number(index.slice(1, -1)))
    } else if (lexer.take('.')) {
      const member = lexer.peek() === '"' ? lexer.readPhrase() : lexer.match(MEMBER_NAME)
      if (member === undefined) {
        lexer.rewind(before)
        return path
      }
      path.push(member)
    } else {
      return path
    }
  }
}

function unknownField(name: string, offset: number): Error {
  const suggestion = nearestField(name)
  const text = `to search for the text, put it in quotes`
  return querySyntaxError({
    offset,
    reason: `there is no field "${name}", did you mean ${suggestion}? (${text})`,
    expected: FIELD_NAMES,
    suggestion,
  })
}

/** The field meant most likely: a synonym, a name at most two edits away, or a member of the metadata. */
function nearestField(name: string): string {
  const lower = name.toLowerCase()
  if (Object.hasOwn(SYNONYMS, lower)) return SYNONYMS[lower]!
  const ranked = [...FIELD_NAMES, 'level'].map((known) => ({ known, edits: editDistance(lower, known) }))
  const nearest = ranked.reduce((best, next) => (next.edits < best.edits ? next : best))
  const isNear = nearest.edits <= 2 && nearest.edits * 2 < nearest.known.length
  return isNear ? (SYNONYMS[nearest.known] ?? nearest.known) : `metadata.${name}`
}

/** Levenshtein distance; names are short, so the plain table of two rows will do. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= right.length; column += 1) {
      const replaced = previous[column - 1]! + (left[row - 1] === right[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1))
    }
    previous = current
  }
  return previous[right.length]!
}
