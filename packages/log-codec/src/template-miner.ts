import { PairTable } from './pair-table.ts'
import { ROW_TOKENS_MAX, tokenize, type TokenizedTexts } from './tokenizer.ts'

/** Columns of a template at most: the tokens of a row, the parts of its last word, the rest and a tail. */
export const TEMPLATE_COLUMNS_MAX: number = ROW_TOKENS_MAX + 64

/** A text is `constants[0]`, the value of `columns[0]`, `constants[1]` …; there is one constant more than columns. */
export interface Template {
  readonly constants: readonly Uint8Array[]
  readonly columns: readonly number[]
}

/** Slots at the same place behind the same beginning of a text are one column. Its values are in row order. */
export interface MinedColumn {
  /** The column before it in its texts; -1 for the first. */
  readonly parent: number
  readonly rows: Uint32Array
  readonly starts: Uint32Array
  readonly ends: Uint32Array
}

export interface MinedTexts {
  readonly templates: readonly Template[]
  readonly templateOfRow: Uint32Array
  readonly columns: readonly MinedColumn[]
}

/** Fewer rows than this do not earn a branch of the tree: what follows is the tail of the row. */
const BRANCH_ROWS_MIN = 4
/** A word is constant where few different words stand and it is found this often; else it is a value. */
const WORD_ROWS_MIN = 4
const WORDS_MAX = 24

const WORD_LENGTH_MASK = 4095

const ROOT = 0
const NONE = -1
/** A constant word, a value, the end of a text, or the rest of a text as a value. */
type NodeKind = 'word' | 'slot' | 'end' | 'tail'

/**
 * Finds templates by sorting rows into a tree, token by token. A step down the tree is the separators before a token
 * and, when the token is constant, its word.
 */
export function mineTemplates(text: Uint8Array, offsets: Uint32Array, count: number): MinedTexts {
  return new TemplateMiner(text, offsets, count).run()
}

interface NodeValues {
  readonly rows: number[]
  readonly starts: number[]
  readonly ends: number[]
}

/** Rows that are still on their way down, and the nodes they have come to. */
interface Travellers {
  readonly rows: Uint32Array
  readonly nodes: Uint32Array
}

/** The next step of each traveller: numbers of its step, or of its end, and of its word where it has one. */
interface Steps {
  readonly ends: PairTable
  readonly steps: PairTable
  readonly words: PairTable
  readonly wordsOfStep: Uint32Array
  readonly stepOf: Uint32Array
  readonly wordOf: Int32Array
}

class TemplateMiner {
  readonly #text: Uint8Array
  readonly #offsets: Uint32Array
  readonly #count: number
  readonly #tokens: TokenizedTexts
  readonly #parents: number[] = [NONE]
  readonly #kinds: NodeKind[] = ['word']
  /** Of slots and tails. */
  readonly #values: (NodeValues | undefined)[] = [undefined]
  readonly #tailOfNode = new Map<number, number>()
  readonly #leafOfRow: Uint32Array
  /** Node at which a row ends in a tail; NONE when it fits a template. */
  readonly #tailedAt: Int32Array
  readonly #tailStarts: Uint32Array

  constructor(text: Uint8Array, offsets: Uint32Array, count: number) {
    this.#text = text
    this.#offsets = offsets
    this.#count = count
    this.#tokens = tokenize(text, offsets, count)
    this.#leafOfRow = new Uint32Array(count)
    this.#tailedAt = new Int32Array(count).fill(NONE)
    this.#tailStarts = new Uint32Array(count)
  }

  run(): MinedTexts {
    let travellers: Travellers = {
      rows: new Uint32Array(this.#count),
      nodes: new Uint32Array(this.#count).fill(ROOT),
    }
    for (let row = 0; row < this.#count; row++) travellers.rows[row] = row
    for (let depth = 0; travellers.rows.length > 0; depth++) {
      travellers = this.#descend(travellers, depth, this.#countSteps(travellers, depth))
    }
    // Tails come last, so that the number of a column is above those of the columns to its left.
    for (let row = 0; row < this.#count; row++) if (this.#tailedAt[row] !== NONE) this.#addTail(row)
    return this.#result()
  }

  #countSteps({ rows, nodes }: Travellers, depth: number): Steps {
    const { rowTokens, shapes, rowShapes, hashes, hasDigit, starts, ends: tokenEnds } = this.#tokens
    const ends = new PairTable(64)
    const steps = new PairTable(256)
    const words = new PairTable(256)
    const stepOf = new Uint32Array(rows.length)
    const wordOf = new Int32Array(rows.length).fill(NONE)
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at]!
      const token = rowTokens[row]! + depth
      if (token >= rowTokens[row + 1]!) {
        stepOf[at] = ends.add(nodes[at]!, rowShapes[row]!)
        continue
      }
      const step = steps.add(nodes[at]!, shapes[token]!)
      stepOf[at] = step
      if (hasDigit[token] === 1) continue
      // Words are told apart by hash and length: should two ever meet, the round trip fails and plain columns are written.
      const length = (tokenEnds[token]! - starts[token]!) & WORD_LENGTH_MASK
      wordOf[at] = words.add(step, (hashes[token]! >>> 0) * (WORD_LENGTH_MASK + 1) + length)
    }
    const wordsOfStep = new Uint32Array(steps.size)
    for (let word = 0; word < words.size; word++) wordsOfStep[words.firsts[word]!]! += 1
    return { ends, steps, words, wordsOfStep, stepOf, wordOf }
  }

  #descend({ rows, nodes }: Travellers, depth: number, counted: Steps): Travellers {
    const { ends, steps, words, wordsOfStep, stepOf, wordOf } = counted
    const { rowTokens, starts, ends: tokenEnds } = this.#tokens
    const nodeOfEnd = new Int32Array(ends.size).fill(NONE)
    const nodeOfStep = new Int32Array(steps.size).fill(NONE)
    const nodeOfWord = new Int32Array(words.size).fill(NONE)
    let kept = 0
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at]!
      const token = rowTokens[row]! + depth
      const step = stepOf[at]!
      const parent = nodes[at]!
      const isEnd = token >= rowTokens[row + 1]!
      if ((isEnd ? ends : steps).counts[step]! < BRANCH_ROWS_MIN) {
        this.#tailedAt[row] = parent
        this.#tailStarts[row] = depth === 0 ? this.#offsets[row]! : tokenEnds[token - 1]!
        continue
      }
      if (isEnd) {
        if (nodeOfEnd[step] === NONE) nodeOfEnd[step] = this.#add(parent, 'end')
        this.#leafOfRow[row] = nodeOfEnd[step]!
        continue
      }
      const word = wordOf[at]!
      rows[kept] = row
      if (word !== NONE && wordsOfStep[step]! <= WORDS_MAX && words.counts[word]! >= WORD_ROWS_MIN) {
        if (nodeOfWord[word] === NONE) nodeOfWord[word] = this.#add(parent, 'word')
        nodes[kept++] = nodeOfWord[word]!
        continue
      }
      if (nodeOfStep[step] === NONE) nodeOfStep[step] = this.#add(parent, 'slot')
      nodes[kept++] = nodeOfStep[step]!
      this.#push(nodeOfStep[step]!, row, starts[token]!, tokenEnds[token]!)
    }
    return { rows: rows.subarray(0, kept), nodes: nodes.subarray(0, kept) }
  }

  #add(parent: number, kind: NodeKind): number {
    this.#parents.push(parent)
    this.#kinds.push(kind)
    this.#values.push(kind === 'slot' || kind === 'tail' ? { rows: [], starts: [], ends: [] } : undefined)
    return this.#parents.length - 1
  }

  #push(node: number, row: number, start: number, end: number): void {
    const { rows, starts, ends } = this.#values[node]!
    rows.push(row)
    starts.push(start)
    ends.push(end)
  }

  #addTail(row: number): void {
    const parent = this.#tailedAt[row]!
    let node = this.#tailOfNode.get(parent)
    if (node === undefined) {
      node = this.#add(parent, 'tail')
      this.#tailOfNode.set(parent, node)
    }
    this.#push(node, row, this.#tailStarts[row]!, this.#offsets[row + 1]!)
    this.#leafOfRow[row] = node
  }

  #result(): MinedTexts {
    const columns: MinedColumn[] = []
    const columnOfNode = new Int32Array(this.#parents.length).fill(NONE)
    for (const [node, values] of this.#values.entries()) {
      if (values === undefined) continue
      columnOfNode[node] = columns.length
      columns.push({
        parent: this.#columnAbove(node, columnOfNode),
        rows: new Uint32Array(values.rows),
        starts: new Uint32Array(values.starts),
        ends: new Uint32Array(values.ends),
      })
    }
    const templates: Template[] = []
    const templateOfLeaf = new Int32Array(this.#parents.length).fill(NONE)
    const templateOfRow = new Uint32Array(this.#count)
    for (let row = 0; row < this.#count; row++) {
      const leaf = this.#leafOfRow[row]!
      if (templateOfLeaf[leaf] === NONE) {
        templateOfLeaf[leaf] = templates.length
        templates.push(this.#template(leaf, row, columnOfNode))
      }
      templateOfRow[row] = templateOfLeaf[leaf]!
    }
    return { templates, templateOfRow, columns }
  }

  #columnAbove(node: number, columnOfNode: Int32Array): number {
    let above = this.#parents[node]!
    while (above !== NONE && columnOfNode[above] === NONE) above = this.#parents[above]!
    return above === NONE ? NONE : columnOfNode[above]!
  }

  /** Reads the constants from a row of the template. */
  #template(leaf: number, row: number, columnOfNode: Int32Array): Template {
    const { rowTokens, starts, ends } = this.#tokens
    const path: number[] = []
    for (let node = leaf; node !== ROOT; node = this.#parents[node]!) path.push(node)
    path.reverse()
    const constants: Uint8Array[] = []
    const columns: number[] = []
    let at = this.#offsets[row]!
    for (const [depth, node] of path.entries()) {
      if (columnOfNode[node] === NONE) continue
      const token = rowTokens[row]! + depth
      const isTail = this.#kinds[node] === 'tail'
      constants.push(this.#text.subarray(at, isTail ? this.#tailStarts[row]! : starts[token]!))
      columns.push(columnOfNode[node]!)
      at = isTail ? this.#offsets[row + 1]! : ends[token]!
    }
    constants.push(this.#text.subarray(at, this.#offsets[row + 1]!))
    return { constants, columns }
  }
}
