import { isForgeError } from '@forgeone/common'
import { parsePriority, PRIORITIES } from '../entry/priority.ts'
import { parseSeverity, SEVERITIES } from '../entry/severity.ts'
import { compileSafeRegex } from '../regex/safe-regex.ts'
import { compileTopicPattern } from '../topic/topic-pattern.ts'
import type { PathField, QueryNode, ScalarTest, TextField, TextTest, TopicTest, ValueTest } from './ast.ts'
import { readFieldPrefix } from './field-name.ts'
import type { QueryLexer } from './lexer.ts'
import { mapScalars, readOperator, readScalarTest } from './scalar-parser.ts'
import { checkTime, readBareTime } from './time-term.ts'

const TERM_STARTS: readonly string[] = ['a word', 'a quoted text', 'a field', '(']
const TEXT_FIELD: TextField = { name: 'text' }

/** Reads one term: a test, or `field:` and a test. @throws STREAM_QUERY_SYNTAX, STREAM_QUERY_UNSAFE */
export function readTerm(lexer: QueryLexer): QueryNode {
  const field = readFieldPrefix(lexer)
  if (field === undefined) return readUnnamed(lexer)
  switch (field.name) {
    case 'topic':
      return { kind: 'term', field, test: readTopicTest(lexer) }
    case 'severity':
      return { kind: 'term', field, test: readNamedLevel(lexer, parseSeverity, SEVERITIES) }
    case 'priority':
      return { kind: 'term', field, test: readNamedLevel(lexer, parsePriority, PRIORITIES) }
    case 'time':
      return { kind: 'term', field, test: readTimeTest(lexer) }
    case 'id':
    case 'marker':
      return { kind: 'term', field, test: readNameTest(lexer) }
    default:
      return readValueTerm(lexer, field)
  }
}

/** A term without field tests the message. Brackets and operators are text there unless a quote follows. */
function readUnnamed(lexer: QueryLexer): QueryNode {
  if (takeStar(lexer)) return { kind: 'all' }
  const test = readTextTest(lexer) ?? readUnnamedScalar(lexer)
  return { kind: 'term', field: TEXT_FIELD, test: test ?? readBareText(lexer, TERM_STARTS) }
}

function readUnnamedScalar(lexer: QueryLexer): ScalarTest | undefined {
  const start = lexer.offset
  const operator = readOperator(lexer)
  if (operator !== undefined && lexer.peek() === '"') {
    return { kind: 'compare', operator, value: lexer.readPhrase() }
  }
  lexer.rewind(start)
  return lexer.startsWith('in(') ? readScalarTest(lexer) : undefined
}

function readValueTerm(lexer: QueryLexer, field: TextField | PathField): QueryNode {
  if (takeStar(lexer))
    return field.name === 'text' ? { kind: 'all' } : { kind: 'term', field, test: { kind: 'exists' } }
  const test: ValueTest =
    readTextTest(lexer) ??
    readScalarTest(lexer) ??
    readBareText(lexer, ['a word', 'a quoted text', 'a comparison'])
  return { kind: 'term', field, test }
}

/** A `*` that is a word by itself. */
function takeStar(lexer: QueryLexer): boolean {
  const isWord = lexer.peek() === '*' && lexer.peek(1) !== '"' && lexer.wordEndsAt(1)
  return isWord && lexer.take('*')
}

/** The forms of a text test that begin with a mark: quotes, `*"`, `~"` and `i(`. */
function readTextTest(lexer: QueryLexer): TextTest | undefined {
  if (lexer.startsWith('*"')) {
    lexer.take('*')
    const text = readNonEmptyPhrase(lexer)
    if (!lexer.take('*')) throw lexer.fault('a text that may end anywhere needs * on both sides', ['*'])
    return { kind: 'substring', text }
  }
  if (lexer.startsWith('~"')) {
    lexer.take('~')
    const offset = lexer.offset
    const source = readNonEmptyPhrase(lexer)
    compileSafeRegex(source, offset)
    return { kind: 'regex', source }
  }
  if (lexer.take('i(')) return readFolded(lexer)
  if (lexer.peek() !== '"') return undefined
  const text = readNonEmptyPhrase(lexer)
  return { kind: 'phrase', text, prefix: lexer.take('*'), fold: false }
}

function readFolded(lexer: QueryLexer): TextTest {
  lexer.skipBlanks()
  const test = lexer.peek() === '"' ? readTextTest(lexer) : readBareText(lexer, ['a word', 'a quoted text'])
  if (test?.kind !== 'phrase') throw lexer.fault('i( ) takes one word or quoted text', ['a word'])
  lexer.expect(')')
  return { ...test, fold: true }
}

function readNonEmptyPhrase(lexer: QueryLexer): string {
  const offset = lexer.offset
  const text = lexer.readPhrase()
  if (text === '') throw lexer.fault('the quoted text is empty', ['="" to find an empty value'], offset)
  return text
}

/** A bare word: `foo`, `foo*`, `*foo*`. */
function readBareText(lexer: QueryLexer, expected: readonly string[]): TextTest {
  const offset = lexer.offset
  const word = lexer.readBareWord()
  if (word === undefined) throw lexer.fault('a term is missing', expected)
  if (!word.startsWith('*')) {
    const prefix = word.endsWith('*')
    return { kind: 'phrase', text: prefix ? word.slice(0, -1) : word, prefix, fold: false }
  }
  if (word.length < 3 || !word.endsWith('*')) {
    throw lexer.fault('a text that may begin anywhere needs * on both sides', ['*word*'], offset)
  }
  return { kind: 'substring', text: word.slice(1, -1) }
}

function readTopicTest(lexer: QueryLexer): TopicTest {
  const offset = lexer.offset
  // `>` by itself is the pattern of all topics, not a comparison.
  const isOpenPattern = lexer.peek() === '>' && lexer.wordEndsAt(1) && lexer.peek(1) !== '"'
  const isPhrase = lexer.peek() === '"'
  const special = isOpenPattern || isPhrase ? undefined : (readTextTest(lexer) ?? readScalarTest(lexer))
  if (special?.kind === 'phrase') {
    throw lexer.fault('topics are matched as they are written', ['a pattern', '~"(?i:…)"'], offset)
  }
  if (special !== undefined) return special
  const text = isPhrase ? lexer.readPhrase() : lexer.readBareWord()
  if (text === undefined) throw lexer.fault('a topic is missing', ['a topic pattern'])
  try {
    compileTopicPattern(text)
  } catch (error) {
    if (!isForgeError(error, 'STREAM_PATTERN_INVALID')) throw error
    throw lexer.fault(error.message, ['a pattern such as app.* or app.>'], offset)
  }
  return { kind: 'pattern', text }
}

/** Ids and markers are names: a word means the whole of it. */
function readNameTest(lexer: QueryLexer): ValueTest {
  if (takeStar(lexer)) return { kind: 'exists' }
  const test =
    readTextTest(lexer) ?? readScalarTest(lexer) ?? readBareText(lexer, ['a name', 'a quoted text'])
  const isWhole = test.kind === 'phrase' && !test.prefix && !test.fold
  return isWhole ? { kind: 'compare', operator: '=', value: test.text } : test
}

function readNamedLevel<Level extends string>(
  lexer: QueryLexer,
  levelOf: (text: string) => Level,
  names: readonly string[],
): ScalarTest<Level> {
  const check = (text: string, offset: number): Level => {
    try {
      return levelOf(text)
    } catch (error) {
      if (!isForgeError(error, 'STREAM_VALUE_INVALID')) throw error
      throw lexer.fault(`"${text}" is not a valid name here`, names, offset)
    }
  }
  return readScalarTerm(lexer, check, names)
}

function readTimeTest(lexer: QueryLexer): ScalarTest {
  return (
    readBareTime(lexer) ?? readScalarTerm(lexer, (text, offset) => checkTime(lexer, text, offset), ['a time'])
  )
}

/** A comparison, range or list, or a bare value that must be equal; each value goes through `check`. */
function readScalarTerm<Scalar extends string>(
  lexer: QueryLexer,
  check: (text: string, offset: number) => Scalar,
  expected: readonly string[],
): ScalarTest<Scalar> {
  const offset = lexer.offset
  const test = readScalarTest(lexer)
  if (test !== undefined) return mapScalars(test, (text) => check(text, offset))
  if (lexer.peek() !== '"' && lexer.wordEndsAt(0)) throw lexer.fault('a value is missing', expected)
  return { kind: 'compare', operator: '=', value: check(lexer.readScalar({ inList: false }), offset) }
}
