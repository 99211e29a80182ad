import type { CharacterClasses } from './character-classes.ts'
import { EDGE_OF_TEXT_BIT, FOLDED_WORD_BIT, LINE_END_BIT, WORD_BIT } from './character-test.ts'
import { CHARACTER, MATCH, POSITION, SPLIT, type RegexProgram } from './regex-program.ts'
import type { PositionTest } from './regex-syntax.ts'

/** What a cell of the moves says instead of a state; 0 is a move not learnt yet. */
export const MATCHED = 1
export const NOTHING_LEFT = 2
/** Above the three numbers that are no states. */
const COLUMNS_MIN = 8
/** Moves that are remembered, 512 KiB; when they are full everything is learnt anew, which costs time and not memory. */
const CELLS_MAX = 131_072
const STATES_MAX = 4_096
const BITS = 32

/**
 * Sets of places the automaton can be in, numbered as they are met, with the moves between them. A state is the offset
 * of its row in `moves`, whose columns are character classes + 1. Its places are those before assertions and splits
 * are followed, since these depend on the next character.
 */
export class RegexStates {
  readonly #program: RegexProgram
  readonly #classes: CharacterClasses
  readonly #words: number
  #columns = COLUMNS_MIN
  /** 0: not made yet. */
  #first = 0
  moves: Int32Array = new Int32Array(0)
  #places: Uint32Array[] = []
  /** What stands before, when any assertion asks for it. */
  #contexts: number[] = []
  readonly #byHash = new Map<number, number[]>()
  /** Places reached in the present step. */
  readonly #seen: Uint32Array
  readonly #stack: Int32Array
  readonly #reached: Int32Array
  #reachedCount = 0

  constructor(program: RegexProgram, classes: CharacterClasses) {
    this.#program = program
    this.#classes = classes
    const count = program.operations.length
    this.#words = Math.ceil(count / BITS)
    this.#seen = new Uint32Array(this.#words)
    // Each place is pushed once as itself, and once more by each of the two that lead there.
    this.#stack = new Int32Array(3 * count + 1)
    this.#reached = new Int32Array(count)
    this.#forget()
  }

  /** Before the first character. */
  get first(): number {
    if (this.#first === 0) {
      const places = new Uint32Array(this.#words)
      addPlace(places, this.#program.start)
      this.#first = this.stateOf(places, EDGE_OF_TEXT_BIT)
    }
    return this.#first
  }

  contentOf(state: number): { readonly places: Uint32Array; readonly context: number } {
    const index = state / this.#columns - 1
    return { places: this.#places[index]!, context: this.#contexts[index]! }
  }

  matchesAtEnd(state: number, context: number): boolean {
    const content = this.contentOf(state)
    return this.#follow(content.places, content.context, context).isMatch
  }

  /**
   * Learns where a state moves to.
   * @returns the state itself, which has another number when there was no room left, and the steps it took
   */
  learn(state: number, column: number): { readonly state: number; readonly steps: number } {
    const { places, context } = this.contentOf(state)
    const characterClass = column - 1
    const nextContext = this.#classes.contextOf(characterClass)
    const { isMatch, steps } = this.#follow(places, context, nextContext)
    const next = isMatch ? undefined : this.#placesBehind(characterClass)
    const isRoom = column < this.#columns && this.#places.length < this.#statesMax
    if (!isRoom) this.#makeRoom(column)
    const from = isRoom ? state : this.stateOf(places, context)
    let target = MATCHED
    if (next !== undefined) target = isEmpty(next) ? NOTHING_LEFT : this.stateOf(next, nextContext)
    this.moves[from + column] = target
    return { state: from, steps: steps + 2 * this.#words }
  }

  stateOf(places: Uint32Array, before: number): number {
    const context = this.#program.positions.length === 0 ? 0 : before
    const hash = hashOf(places, context)
    const known = this.#byHash.get(hash) ?? []
    for (const index of known) {
      if (this.#contexts[index] === context && isSame(this.#places[index]!, places))
        return (index + 1) * this.#columns
    }
    const index = this.#places.push(places) - 1
    this.#contexts.push(context)
    known.push(index)
    this.#byHash.set(hash, known)
    return (index + 1) * this.#columns
  }

  /** Follows splits and assertions from a set of places; `#reached` then holds the characters it waits for. */
  #follow(
    places: Uint32Array,
    before: number,
    behind: number,
  ): { readonly isMatch: boolean; readonly steps: number } {
    const { operations, first, second, positions } = this.#program
    const stack = this.#stack
    this.#seen.fill(0)
    this.#reachedCount = 0
    let steps = 0
    let depth = pushPlaces(places, stack)
    while (depth > 0) {
      const place = stack[--depth]!
      if (!addPlace(this.#seen, place)) continue
      steps++
      switch (operations[place]) {
        case MATCH:
          return { isMatch: true, steps }
        case CHARACTER:
          this.#reached[this.#reachedCount++] = place
          break
        case SPLIT:
          stack[depth++] = second[place]!
          stack[depth++] = first[place]!
          break
        case POSITION:
          if (holds(positions[second[place]!]!, before, behind)) stack[depth++] = first[place]!
          break
      }
    }
    return { isMatch: false, steps }
  }

  #placesBehind(characterClass: number): Uint32Array {
    const { first, second, start, isAnchored } = this.#program
    const places = new Uint32Array(this.#words)
    // A match may begin at every character.
    if (!isAnchored) addPlace(places, start)
    for (let index = 0; index < this.#reachedCount; index++) {
      const place = this.#reached[index]!
      if (this.#classes.passes(characterClass, second[place]!)) addPlace(places, first[place]!)
    }
    return places
  }

  get #statesMax(): number {
    // The row before the first state is the three numbers that are none; learning adds two states at most.
    return Math.min(STATES_MAX, CELLS_MAX / this.#columns - 1) - 2
  }

  #makeRoom(column: number): void {
    while (column >= this.#columns) this.#columns *= 2
    this.#forget()
  }

  #forget(): void {
    this.#first = 0
    this.#places = []
    this.#contexts = []
    this.#byHash.clear()
    const cells = Math.min(CELLS_MAX, (STATES_MAX + 1) * this.#columns)
    if (this.moves.length === cells) this.moves.fill(0)
    else this.moves = new Int32Array(cells)
  }
}

/** @returns whether the place was not there yet */
function addPlace(places: Uint32Array, place: number): boolean {
  const bit = 1 << (place & 31)
  const word = places[place >>> 5]!
  if ((word & bit) !== 0) return false
  places[place >>> 5] = word | bit
  return true
}

/** @returns how many */
function pushPlaces(places: Uint32Array, stack: Int32Array): number {
  let depth = 0
  for (let word = 0; word < places.length; word++) {
    for (let bits = places[word]!; bits !== 0; bits &= bits - 1)
      stack[depth++] = word * BITS + 31 - Math.clz32(bits & -bits)
  }
  return depth
}

function isEmpty(places: Uint32Array): boolean {
  return places.every((word) => word === 0)
}

function isSame(left: Uint32Array, right: Uint32Array): boolean {
  for (let word = 0; word < left.length; word++) if (left[word] !== right[word]) return false
  return true
}

function hashOf(places: Uint32Array, context: number): number {
  let hash = context
  for (let word = 0; word < places.length; word++) {
    hash = Math.imul(hash ^ places[word]!, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return hash
}

function holds(test: PositionTest, before: number, behind: number): boolean {
  switch (test.at) {
    case 'start':
      return before === EDGE_OF_TEXT_BIT
    case 'end':
      return behind === EDGE_OF_TEXT_BIT
    case 'line-start':
      return (before & (EDGE_OF_TEXT_BIT | LINE_END_BIT)) !== 0
    case 'line-end':
      return (behind & (EDGE_OF_TEXT_BIT | LINE_END_BIT)) !== 0
    default: {
      const bit = test.fold ? FOLDED_WORD_BIT : WORD_BIT
      const isEdge = (before & bit) !== (behind & bit)
      return isEdge === (test.at === 'edge')
    }
  }
}
