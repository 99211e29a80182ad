import type { CharacterTest } from './character-test.ts'
import { isZeroWidth, type PositionTest, type RegexNode } from './regex-syntax.ts'

/** What one place of a program does. `first` and `second` are places, but where noted. */
export const MATCH = 0
/** `second` is the number of a character test. */
export const CHARACTER = 1
export const SPLIT = 2
/** `second` is the number of a position test. */
export const POSITION = 3

/** An expression as a nondeterministic automaton (Thompson, 1968). */
export interface RegexProgram {
  readonly operations: Uint8Array
  readonly first: Int32Array
  readonly second: Int32Array
  readonly start: number
  readonly characters: readonly CharacterTest[]
  readonly positions: readonly PositionTest[]
  /** A match can only begin at the start of the text. */
  readonly isAnchored: boolean
}

/** Counted repetitions are written out; an expression that becomes longer than this is refused. */
export class RegexTooLarge extends Error {}

/** @throws RegexTooLarge above `placesMax` places */
export function compileRegex(node: RegexNode, placesMax: number): RegexProgram {
  const writer = new ProgramWriter(placesMax)
  const start = writer.write(node, writer.add(MATCH, 0, 0))
  return writer.finish(start, beginsAtStart(node))
}

/** Writes from the end to the beginning, so that each place knows what follows it. */
class ProgramWriter {
  readonly #placesMax: number
  readonly #operations: number[] = []
  readonly #first: number[] = []
  readonly #second: number[] = []
  readonly #characters: CharacterTest[] = []
  readonly #characterNumbers = new Map<string, number>()
  readonly #positions: PositionTest[] = []

  constructor(placesMax: number) {
    this.#placesMax = placesMax
  }

  add(operation: number, first: number, second: number): number {
    if (this.#operations.length >= this.#placesMax) throw new RegexTooLarge()
    this.#first.push(first)
    this.#second.push(second)
    return this.#operations.push(operation) - 1
  }

  /** @returns the place where the node begins when `next` follows it */
  write(node: RegexNode, next: number): number {
    switch (node.kind) {
      case 'character':
        return this.add(CHARACTER, next, this.#characterNumber(node.test))
      case 'position':
        return this.add(POSITION, next, this.#positions.push(node.test) - 1)
      case 'sequence':
        return node.nodes.reduceRight((behind, child) => this.write(child, behind), next)
      case 'choice':
        return node.nodes
          .map((child) => this.write(child, next))
          .reduceRight((other, one) => this.add(SPLIT, one, other))
      case 'repeat':
        return this.#writeRepeat(node, next)
    }
  }

  finish(start: number, isAnchored: boolean): RegexProgram {
    return {
      operations: Uint8Array.from(this.#operations),
      first: Int32Array.from(this.#first),
      second: Int32Array.from(this.#second),
      start,
      characters: this.#characters,
      positions: this.#positions,
      isAnchored,
    }
  }

  #writeRepeat({ node, min, max }: Extract<RegexNode, { kind: 'repeat' }>, next: number): number {
    if (isZeroWidth(node)) return min === 0 ? next : this.write(node, next)
    let entry = next
    let copies = min
    if (max === Infinity) {
      const loop = this.add(SPLIT, next, next)
      const body = this.write(node, loop)
      this.#first[loop] = body
      entry = min === 0 ? loop : body
      copies = Math.max(0, min - 1)
    } else {
      for (let count = min; count < max; count++) entry = this.add(SPLIT, this.write(node, entry), next)
    }
    for (let count = 0; count < copies; count++) entry = this.write(node, entry)
    return entry
  }

  #characterNumber(test: CharacterTest): number {
    const known = this.#characterNumbers.get(test.key)
    if (known !== undefined) return known
    const number = this.#characters.push(test) - 1
    this.#characterNumbers.set(test.key, number)
    return number
  }
}

function beginsAtStart(node: RegexNode): boolean {
  switch (node.kind) {
    case 'position':
      return node.test.at === 'start'
    case 'sequence':
      return node.nodes.length > 0 && beginsAtStart(node.nodes[0]!)
    case 'choice':
      return node.nodes.every(beginsAtStart)
    case 'repeat':
      return node.min > 0 && beginsAtStart(node.node)
    case 'character':
      return false
  }
}
