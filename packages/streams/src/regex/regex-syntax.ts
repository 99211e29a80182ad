import type { CharacterTest } from './character-test.ts'

/** What a position must be for an assertion; `fold` counts what case folding makes word characters. */
export type PositionTest =
  | { readonly at: 'start' | 'end' | 'line-start' | 'line-end' }
  | { readonly at: 'edge' | 'no-edge'; readonly fold: boolean }

/** A parsed regular expression. Groups are gone: nobody asks for what they hold. */
export type RegexNode =
  | { readonly kind: 'character'; readonly test: CharacterTest }
  | { readonly kind: 'position'; readonly test: PositionTest }
  /** Without nodes: the empty text. */
  | { readonly kind: 'sequence'; readonly nodes: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly nodes: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly node: RegexNode; readonly min: number; readonly max: number }

/** Whether the node can only match the empty text: repeating it says nothing more. */
export function isZeroWidth(node: RegexNode): boolean {
  switch (node.kind) {
    case 'character':
      return false
    case 'position':
      return true
    case 'repeat':
      return isZeroWidth(node.node)
    default:
      return node.nodes.every(isZeroWidth)
  }
}
