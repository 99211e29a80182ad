/**
 * The programs in a README. A block of TypeScript that imports is a program; one that does not goes on with the program
 * before it, as a reader takes it, and runs before that program closes what it opened.
 */

/** One program, and the lines that it says it prints. */
export interface ReadmeProgram {
  /** Line of its first block in the README, from 1. */
  readonly line: number
  readonly source: string
  readonly prints: readonly string[]
}

/** What stands between two fences. */
export interface Block {
  readonly line: number
  readonly language: string
  readonly text: string
}

const FENCED = /^```(\S*)[^\n]*\n([\s\S]*?)^```$/gm
/** What ends an example: something is closed, locked or cleared away. */
const CLOSING = /^(?:await )?(?:[\w.]+(?:\.close\(\)|\.lock\(\)|\[Symbol\.dispose\]\(\))|rm\(.*\))$|^$/
/** `console.log(…) // what it prints`; an ellipsis stands for whatever is between. */
const PRINTS = /console\.log\(.*\) \/\/ (.+)$/gm

/** Blocks of a README in one language, in their order. */
export function blocksOf(readme: string, language: string): readonly Block[] {
  const blocks = [...readme.matchAll(FENCED)].map((match) => ({
    line: readme.slice(0, match.index).split('\n').length,
    language: match[1]!,
    text: match[2]!,
  }))
  return blocks.filter((block) => block.language === language)
}

export function programsOf(readme: string): readonly ReadmeProgram[] {
  const programs: Block[][] = []
  for (const block of blocksOf(readme, 'ts')) {
    const current = programs.at(-1)
    if (current === undefined || block.text.startsWith('import ')) programs.push([block])
    else current.push(block)
  }
  return programs.map(([first, ...others]) => {
    const text = [first!, ...others].map((block) => block.text).join('')
    return {
      line: first!.line,
      source: joined(first!, others),
      prints: [...text.matchAll(PRINTS)].map((match) => match[1]!),
    }
  })
}

/** Each later block has braces of its own: names are taken again, as a reader does who skips from one to another. */
function joined(first: Block, others: readonly Block[]): string {
  const lines = first.text.split('\n')
  const end = lines.findLastIndex((line) => !CLOSING.test(line)) + 1
  const bodies = others.flatMap(({ text }) => ['{', text, '}'])
  return [...lines.slice(0, end), ...bodies, ...lines.slice(end)].join('\n')
}

/** Lines that a program said it prints and did not, or not in that order. */
export function missingLines(prints: readonly string[], printed: string): readonly string[] {
  const flat = printed.replaceAll(/\s+/g, ' ')
  let from = 0
  return prints.filter((line) => {
    for (const part of line.split('…').map((one) => one.trim())) {
      const at = flat.indexOf(part, from)
      if (at === -1) return true
      from = at + part.length
    }
    return false
  })
}
