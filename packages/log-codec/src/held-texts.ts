import { asBuffer } from '@forgeone/common'
import { findTexts, type PlainTexts } from './plain-columns.ts'
import type { SectionTexts } from './section-texts.ts'

/** Texts that are decoded all at once, when the first is asked for. */
export class HeldTexts implements SectionTexts {
  readonly #decode: () => PlainTexts
  #texts: PlainTexts | undefined

  constructor(decode: () => PlainTexts) {
    this.#decode = decode
  }

  get heldBytes(): number {
    if (this.#texts === undefined) return 0
    return this.#texts.text.length + this.#texts.textOffsets.byteLength
  }

  textBytes(row: number): Uint8Array {
    const { text, textOffsets } = this.all()
    return text.subarray(textOffsets[row], textOffsets[row + 1])
  }

  all(): PlainTexts {
    return (this.#texts ??= this.#decode())
  }

  areEqual({ text, textOffsets }: PlainTexts): boolean {
    const held = this.all()
    return (
      asBuffer(held.text).equals(text) &&
      held.textOffsets.length === textOffsets.length &&
      held.textOffsets.every((offset, row) => offset === textOffsets[row])
    )
  }

  rowsWithLiteral(literal: Uint8Array): Iterable<number> {
    return findTexts(this.all(), literal, 0)
  }
}
