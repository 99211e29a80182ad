import { contextBits, type CharacterTest } from './character-test.ts'

const ASCII_COUNT = 128
const PLANE_COUNT = 0x1_0000
/** Characters beyond the first plane are remembered one by one. */
const OTHERS_MAX = 4_096
/** Texts have few kinds of characters to one expression; one that has more is learnt anew. */
export const CLASSES_MAX = 1_024

/**
 * Characters that an expression cannot tell apart share a class, so that the automaton has few moves. Classes are
 * found as characters come.
 */
export class CharacterClasses {
  readonly #tests: readonly CharacterTest[]
  /** Class + 1 of a character; 0 is unknown. */
  readonly ascii: Uint16Array = new Uint16Array(ASCII_COUNT)
  #plane: Uint16Array | undefined
  readonly #others = new Map<number, number>()
  readonly #byMembership = new Map<string, number>()
  readonly #members: Uint8Array[] = []
  readonly #contexts: number[] = []

  constructor(tests: readonly CharacterTest[]) {
    this.#tests = tests
  }

  /** What learning one more character costs, in tests. */
  get learningSteps(): number {
    return this.#tests.length + 1
  }

  get isFull(): boolean {
    return this.#members.length >= CLASSES_MAX
  }

  /** The class of a character + 1, or 0 when it is not known yet. */
  columnOf(codePoint: number): number {
    if (codePoint < ASCII_COUNT) return this.ascii[codePoint]!
    if (codePoint < PLANE_COUNT) return this.#plane === undefined ? 0 : this.#plane[codePoint]!
    return (this.#others.get(codePoint) ?? -1) + 1
  }

  /** @returns the class of a character that is not known yet, + 1 */
  learn(codePoint: number): number {
    const members = Uint8Array.from(this.#tests, (test) => (test.matches(codePoint) ? 1 : 0))
    const context = contextBits(codePoint)
    const key = `${context} ${members.join('')}`
    let found = this.#byMembership.get(key)
    if (found === undefined) {
      found = this.#members.push(members) - 1
      this.#contexts.push(context)
      this.#byMembership.set(key, found)
    }
    this.#remember(codePoint, found)
    return found + 1
  }

  /** Whether characters of the class pass a test. */
  passes(characterClass: number, test: number): boolean {
    return this.#members[characterClass]![test] === 1
  }

  contextOf(characterClass: number): number {
    return this.#contexts[characterClass]!
  }

  #remember(codePoint: number, characterClass: number): void {
    if (codePoint < ASCII_COUNT) this.ascii[codePoint] = characterClass + 1
    else if (codePoint < PLANE_COUNT) {
      this.#plane ??= new Uint16Array(PLANE_COUNT)
      this.#plane[codePoint] = characterClass + 1
    } else {
      if (this.#others.size >= OTHERS_MAX) this.#others.clear()
      this.#others.set(codePoint, characterClass)
    }
  }
}
