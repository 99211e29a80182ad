import { classTest, literalTest, type CharacterTest } from './character-test.ts'
import { readEscape } from './regex-escape.ts'
import type { RegexNode } from './regex-syntax.ts'

/** The flags that `(?ims-ims:` can change. */
interface Modes {
  readonly ignoreCase: boolean
  readonly multiline: boolean
  readonly dotAll: boolean
}

/** A part of the syntax that no engine of linear time can have. The message names it. */
export class UnsupportedRegex extends Error {}

const NO_MODES: Modes = { ignoreCase: false, multiline: false, dotAll: false }
const GROUP_MODES = /\(\?([ims]*)(?:-([ims]*))?:/y
const COUNT = /\{(\d+)(,?)(\d*)\}/y

/**
 * Parses an expression that JavaScript accepts with the flag `u`.
 * @throws UnsupportedRegex for backreferences and lookaround
 */
export function parseRegex(source: string): RegexNode {
  return new RegexParser(source).readAll()
}

class RegexParser {
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  readAll(): RegexNode {
    return this.#readChoice(NO_MODES)
  }

  #readChoice(modes: Modes): RegexNode {
    const nodes = [this.#readSequence(modes)]
    while (this.#take('|')) nodes.push(this.#readSequence(modes))
    return nodes.length === 1 ? nodes[0]! : { kind: 'choice', nodes }
  }

  #readSequence(modes: Modes): RegexNode {
    const nodes: RegexNode[] = []
    while (this.#at < this.#source.length && !this.#isNext('|') && !this.#isNext(')'))
      nodes.push(this.#readRepeated(modes))
    return nodes.length === 1 ? nodes[0]! : { kind: 'sequence', nodes }
  }

  #readRepeated(modes: Modes): RegexNode {
    const node = this.#readAtom(modes)
    const count = this.#readCount()
    if (count === undefined) return node
    // Whether it is greedy changes what is matched, not whether something is.
    this.#take('?')
    return { kind: 'repeat', node, ...count }
  }

  #readCount(): { readonly min: number; readonly max: number } | undefined {
    if (this.#take('*')) return { min: 0, max: Infinity }
    if (this.#take('+')) return { min: 1, max: Infinity }
    if (this.#take('?')) return { min: 0, max: 1 }
    COUNT.lastIndex = this.#at
    const found = COUNT.exec(this.#source)
    if (found === null) return undefined
    this.#at += found[0].length
    const min = Number(found[1])
    if (found[2] === '') return { min, max: min }
    return { min, max: found[3] === '' ? Infinity : Number(found[3]) }
  }

  #readAtom(modes: Modes): RegexNode {
    if (this.#isNext('(')) return this.#readGroup(modes)
    if (this.#take('^')) return { kind: 'position', test: { at: modes.multiline ? 'line-start' : 'start' } }
    if (this.#take('$')) return { kind: 'position', test: { at: modes.multiline ? 'line-end' : 'end' } }
    if (this.#take('.')) return this.#character(classTest('.', modes.dotAll ? 'su' : 'u'))
    if (this.#isNext('[')) return this.#readClass(modes)
    if (this.#isNext('\\')) return this.#readEscaped(modes)
    const codePoint = this.#source.codePointAt(this.#at)!
    this.#at += codePoint > 0xffff ? 2 : 1
    return this.#literal(codePoint, modes)
  }

  #readGroup(modes: Modes): RegexNode {
    let inner = modes
    if (/^\(\?<?[=!]/.test(this.#source.slice(this.#at, this.#at + 4))) {
      throw new UnsupportedRegex('lookaround')
    }
    GROUP_MODES.lastIndex = this.#at
    const named = this.#source.startsWith('(?<', this.#at)
    const found = named ? null : GROUP_MODES.exec(this.#source)
    if (found !== null) {
      inner = changed(modes, found[1] ?? '', found[2] ?? '')
      this.#at += found[0].length
    } else this.#at = named ? this.#source.indexOf('>', this.#at) + 1 : this.#at + 1
    const node = this.#readChoice(inner)
    this.#take(')')
    return node
  }

  #readClass(modes: Modes): RegexNode {
    let end = this.#at + 1
    while (this.#source[end] !== ']') end += this.#source[end] === '\\' ? 2 : 1
    const source = this.#source.slice(this.#at, end + 1)
    this.#at = end + 1
    return this.#character(classTest(source, modes.ignoreCase ? 'iu' : 'u'))
  }

  #readEscaped(modes: Modes): RegexNode {
    const escape = readEscape(this.#source, this.#at)
    const source = this.#source.slice(this.#at, escape.end)
    this.#at = escape.end
    switch (escape.kind) {
      case 'backreference':
        throw new UnsupportedRegex('a backreference')
      case 'edge':
        return {
          kind: 'position',
          test: { at: source === '\\b' ? 'edge' : 'no-edge', fold: modes.ignoreCase },
        }
      case 'class':
        return this.#character(classTest(source, modes.ignoreCase ? 'iu' : 'u'))
      case 'literal':
        return this.#literal(escape.codePoint, modes)
    }
  }

  #literal(codePoint: number, { ignoreCase }: Modes): RegexNode {
    if (!ignoreCase) return this.#character(literalTest(codePoint))
    return this.#character(classTest(`\\u{${codePoint.toString(16)}}`, 'iu'))
  }

  #character(test: CharacterTest): RegexNode {
    return { kind: 'character', test }
  }

  #isNext(text: string): boolean {
    return this.#source.startsWith(text, this.#at)
  }

  #take(text: string): boolean {
    if (!this.#isNext(text)) return false
    this.#at += text.length
    return true
  }
}

function changed(modes: Modes, added: string, removed: string): Modes {
  const mode = (letter: string, before: boolean): boolean =>
    added.includes(letter) || (before && !removed.includes(letter))
  return {
    ignoreCase: mode('i', modes.ignoreCase),
    multiline: mode('m', modes.multiline),
    dotAll: mode('s', modes.dotAll),
  }
}
