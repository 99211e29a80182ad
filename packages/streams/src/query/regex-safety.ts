import { ForgeError } from '@forgeone/common'
import { REGEX_CHARS_MAX } from './limits.ts'
import { querySyntaxError } from './query-error.ts'

/** What one open group holds so far. */
interface GroupFacts {
  /** A quantifier that can match different lengths: with a repeat around it the work can grow exponentially. */
  varies: boolean
  alternatives: number
  /** First characters of the alternatives, undefined once one does not start with its own plain character. */
  heads: Set<string> | undefined
  atHead: boolean
}

interface Repeat {
  readonly repeats: boolean
  readonly varies: boolean
  readonly length: number
}

/**
 * Compiles a regular expression that cannot take exponential time on any row.
 * Refused are backreferences, lookaround, a quantifier inside a repeated group, and alternatives inside a repeated
 * group unless their first characters are plain and differ. `( )?` and counts such as `{3}` repeat nothing by themselves.
 * @throws STREAM_QUERY_UNSAFE, STREAM_QUERY_LIMIT, STREAM_QUERY_SYNTAX with the offset of the quoted text
 */
export function compileSafeRegex(source: string, offset: number): RegExp {
  if (source.length > REGEX_CHARS_MAX) {
    const message = `the regular expression is longer than ${REGEX_CHARS_MAX} characters`
    throw new ForgeError('STREAM_QUERY_LIMIT', message, { details: { offset, limit: REGEX_CHARS_MAX } })
  }
  const expression = compile(source, offset)
  const reason = unsafeReason(source)
  if (reason !== undefined) {
    throw new ForgeError('STREAM_QUERY_UNSAFE', `the regular expression uses ${reason}`, {
      details: { offset, reason },
    })
  }
  return expression
}

function compile(source: string, offset: number): RegExp {
  try {
    const expression = new RegExp(source, 'u')
    // One that is too large is found out only when it runs.
    expression.test('')
    return expression
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? cause.message : 'the regular expression is not valid'
    throw querySyntaxError({ offset, reason, expected: ['a regular expression'] })
  }
}

/** Walks a valid expression once; recursion is replaced by a stack of open groups. */
function unsafeReason(source: string): string | undefined {
  const groups: GroupFacts[] = [newGroup()]
  for (let at = 0; at < source.length;) {
    const group = groups.at(-1)!
    const character = source[at]!
    if (character === '(') {
      if (/^\(\?<?[=!]/.test(source.slice(at, at + 4))) return 'lookaround'
      noteHead(group, undefined)
      groups.push(newGroup())
      at = behindGroupStart(source, at)
      continue
    }
    if (character === '|') {
      // An alternative that ends where it begins is empty: it has no first character.
      noteHead(group, undefined)
      group.alternatives += 1
      group.atHead = true
      at += 1
      continue
    }
    if (character === '\\' && /[1-9k]/.test(source[at + 1] ?? '')) return 'a backreference'
    const end = behindAtom(source, at)
    const inner = character === ')' ? groups.pop() : undefined
    const parent = groups.at(-1)!
    const repeat = readRepeat(source, end)
    if (inner !== undefined) noteHead(inner, undefined)
    if (inner !== undefined && repeat.repeats) {
      if (inner.varies) return 'a quantifier inside a repeated group'
      if (inner.alternatives > 1 && inner.heads === undefined) return 'alternatives inside a repeated group'
    }
    // `x?` may be absent, so an alternative that begins with it has no first character of its own.
    if (inner === undefined) noteHead(parent, end - at === 1 && repeat.length === 0 ? character : undefined)
    const innerVaries =
      inner !== undefined && (inner.varies || (inner.alternatives > 1 && inner.heads === undefined))
    if (repeat.varies || innerVaries) parent.varies = true
    at = end + repeat.length
  }
  return undefined
}

function newGroup(): GroupFacts {
  return { varies: false, alternatives: 1, heads: new Set(), atHead: true }
}

/** Records how an alternative begins; undefined when that is not one plain character. */
function noteHead(group: GroupFacts, head: string | undefined): void {
  if (!group.atHead) return
  group.atHead = false
  // Folded, since `(?i:a|A)` makes both the same; above ASCII folding is not one to one.
  const plain =
    head !== undefined && /^[ -~]$/.test(head) && !'.^$\\[]'.includes(head) ? head.toLowerCase() : undefined
  if (plain === undefined || group.heads?.has(plain) === true) group.heads = undefined
  else group.heads?.add(plain)
}

function behindGroupStart(source: string, at: number): number {
  if (source.startsWith('(?<', at)) return source.indexOf('>', at) + 1
  return source.startsWith('(?', at) ? source.indexOf(':', at) + 1 : at + 1
}

/** The end of the atom at `at`: an escape, a class or one character. */
function behindAtom(source: string, at: number): number {
  if (source[at] === '\\') {
    const long = /^\\(?:u\{[^}]*\}|[pP]\{[^}]*\}|u[\da-f]{4}|x[\da-f]{2}|c[a-z])/i.exec(
      source.slice(at, at + 80),
    )
    return at + (long?.[0].length ?? 2)
  }
  if (source[at] !== '[') return at + (source.codePointAt(at)! > 0xffff ? 2 : 1)
  let end = at + 1
  while (source[end] !== ']') end += source[end] === '\\' ? 2 : 1
  return end + 1
}

function readRepeat(source: string, at: number): Repeat {
  const found = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(source.slice(at, at + 40))
  if (found === null) return { repeats: false, varies: false, length: 0 }
  const [text, least, comma, most] = found
  if (least === undefined) return { repeats: !text.startsWith('?'), varies: true, length: text.length }
  const highest = comma === '' ? Number(least) : most === '' ? Infinity : Number(most)
  return { repeats: highest > 1, varies: highest !== Number(least), length: text.length }
}
