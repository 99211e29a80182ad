import type { RegexNode } from './regex-syntax.ts'

/** Texts that every match has; '' when there is none. */
export interface RegexLiterals {
  /** The longest one, anywhere in it. */
  readonly required: string
  /** What it begins with. */
  readonly leading: string
}

export function literalsOf(node: RegexNode): RegexLiterals {
  const found = new LiteralRuns()
  found.visit(node)
  return { required: found.longest(), leading: found.leading }
}

/** Runs of plain characters that follow each other without anything between them. */
class LiteralRuns {
  #run = ''
  #longest = ''
  /** Undefined as long as only plain characters came. */
  #leading: string | undefined

  get leading(): string {
    return this.#leading ?? this.#run
  }

  longest(): string {
    this.#end()
    return this.#longest
  }

  visit(node: RegexNode): void {
    switch (node.kind) {
      case 'character': {
        const { literal } = node.test
        // Half a pair is found inside a whole one by its units, but not as a character.
        if (literal === undefined || (literal >= 0xd800 && literal <= 0xdfff)) return this.#end()
        this.#run += String.fromCodePoint(literal)
        return
      }
      case 'position':
        // It takes no room: what stands on its two sides is adjacent.
        return
      case 'sequence':
        for (const child of node.nodes) this.visit(child)
        return
      case 'repeat':
        this.#end()
        if (node.min > 0) this.visit(node.node)
        return this.#end()
      case 'choice':
        return this.#end()
    }
  }

  #end(): void {
    this.#leading ??= this.#run
    if (this.#run.length > this.#longest.length) this.#longest = this.#run
    this.#run = ''
  }
}
