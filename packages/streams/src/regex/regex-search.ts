import { CharacterClasses } from './character-classes.ts'
import { EDGE_OF_TEXT_BIT } from './character-test.ts'
import { MATCHED, NOTHING_LEFT, RegexStates } from './regex-states.ts'
import type { RegexProgram } from './regex-program.ts'
import type { RegexLiterals } from './regex-literals.ts'
import type { StepBudget } from './step-budget.ts'
import type { TextSearch } from './text-search.ts'

/** Characters looked at before the budget is asked again. */
const CHUNK_CHARS = 65_536
const ASCII_END = 128

/**
 * Whether an expression matches anywhere in a text, in time linear in the text times the expression: the automaton is
 * in all its places at once, and sets of places met before are one step (lazy subset construction).
 */
export class RegexSearch implements TextSearch {
  readonly #program: RegexProgram
  /** Stands in every text that matches. */
  readonly #literal: string
  /** Begins every match: where nothing has begun, the search goes on at its next place. */
  readonly #prefix: string
  #classes: CharacterClasses
  #states: RegexStates
  #text = ''
  #at = 0
  #state = 0
  #isHopeless = false

  constructor(program: RegexProgram, literals: RegexLiterals) {
    this.#program = program
    this.#literal = literals.required
    // An assertion may hold at one place and not at another, where the automaton is as idle.
    this.#prefix = program.positions.length === 0 ? literals.leading : ''
    this.#classes = new CharacterClasses(program.characters)
    this.#states = new RegexStates(program, this.#classes)
  }

  begin(text: string): void {
    this.#text = text
    this.#isHopeless = this.#literal !== '' && !text.includes(this.#literal)
    this.#at = this.#prefix === '' ? 0 : Math.max(0, text.indexOf(this.#prefix))
    this.#state = this.#states.first
  }

  run(budget: StepBudget): boolean | undefined {
    if (this.#isHopeless) return false
    while (this.#at < this.#text.length) {
      if (budget.isSpent) return undefined
      const from = this.#at
      const next = this.#runChunk(Math.min(this.#text.length, from + Math.min(budget.left, CHUNK_CHARS)))
      budget.take(this.#at - from)
      if (next === MATCHED) return true
      if (next === NOTHING_LEFT) return false
      if (next === 0) budget.take(this.#learnMove())
    }
    return this.#states.matchesAtEnd(this.#state, EDGE_OF_TEXT_BIT)
  }

  /** Moves through known states. @returns 0 at a move that is not known, else where it came to */
  #runChunk(end: number): number {
    const text = this.#text
    const classes = this.#classes
    const { ascii } = classes
    const { moves } = this.#states
    const prefix = this.#prefix
    const idle = prefix === '' ? -1 : this.#states.first
    let at = this.#at
    let state = this.#state
    let next = state
    while (at < end) {
      const code = text.charCodeAt(at)
      if (code < ASCII_END) {
        next = moves[state + ascii[code]!]!
        if (next <= NOTHING_LEFT) break
        at++
      } else {
        const codePoint = text.codePointAt(at)!
        next = moves[state + classes.columnOf(codePoint)]!
        if (next <= NOTHING_LEFT) break
        at += codePoint > 0xffff ? 2 : 1
      }
      state = next
      if (state === idle) {
        const begin = text.indexOf(prefix, at)
        at = begin === -1 ? text.length : begin
      }
    }
    this.#at = at
    this.#state = state
    return next
  }

  /** Learns the move at hand, without making it. @returns the steps it took */
  #learnMove(): number {
    const codePoint = this.#text.codePointAt(this.#at)!
    let steps = 1
    let column = this.#classes.columnOf(codePoint)
    if (column === 0) {
      if (this.#classes.isFull) this.#startOver()
      column = this.#classes.learn(codePoint)
      steps += this.#classes.learningSteps
    }
    const learnt = this.#states.learn(this.#state, column)
    this.#state = learnt.state
    return steps + learnt.steps
  }

  /** Classes mean nothing without the states made of them, and the other way round. */
  #startOver(): void {
    const { places, context } = this.#states.contentOf(this.#state)
    this.#classes = new CharacterClasses(this.#program.characters)
    this.#states = new RegexStates(this.#program, this.#classes)
    this.#state = this.#states.stateOf(places, context)
  }
}
