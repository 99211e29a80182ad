import { ByteReader } from '@forgeone/common'
import { LiteralTemplates } from './literal-templates.ts'
import { findTexts, type PlainTexts } from './plain-columns.ts'
import type { SectionTexts } from './section-texts.ts'
import { decodeTexts, type DecodedTexts } from './text-decoder.ts'
import type { RowContext } from './text-model.ts'
import { TextRenderer } from './text-renderer.ts'

/** Texts in templates and columns, which are all decoded when the first is asked for, and rendered one by one or together. */
export class ModelledTexts implements SectionTexts {
  readonly #bytes: Uint8Array
  readonly #rows: () => RowContext
  #model: { readonly texts: DecodedTexts; readonly renderer: TextRenderer } | undefined
  #literals: LiteralTemplates | undefined
  #rendered: PlainTexts | undefined

  /** @param bytes borrowed for as long as the object lives @param rows asked for when the first text is */
  constructor(bytes: Uint8Array, rows: () => RowContext) {
    this.#bytes = bytes
    this.#rows = rows
  }

  get heldBytes(): number {
    const { text, textOffsets } = this.#rendered ?? {}
    return (this.#model?.texts.heldBytes ?? 0) + (text?.length ?? 0) + (textOffsets?.byteLength ?? 0)
  }

  textBytes(row: number): Uint8Array {
    if (this.#rendered === undefined) return this.#decoded().renderer.one(row)
    const { text, textOffsets } = this.#rendered
    return text.subarray(textOffsets[row], textOffsets[row + 1])
  }

  all(): PlainTexts {
    return (this.#rendered ??= this.#decoded().renderer.all())
  }

  areEqual(texts: PlainTexts): boolean {
    return this.#decoded().renderer.areEqual(texts)
  }

  /** Only rows whose template may hold the literal are rendered. */
  *rowsWithLiteral(literal: Uint8Array): Generator<number> {
    if (this.#rendered !== undefined) {
      yield* findTexts(this.#rendered, literal, 0)
      return
    }
    const { texts, renderer } = this.#decoded()
    this.#literals ??= new LiteralTemplates(texts)
    const candidates = this.#literals.candidates(literal)
    if (!candidates.includes(1)) return
    for (const row of findTexts(renderer.rowsOf(candidates), literal, 0)) {
      if (candidates[texts.templateOfRow[row]!] === 1) yield row
    }
  }

  #decoded(): { readonly texts: DecodedTexts; readonly renderer: TextRenderer } {
    if (this.#model === undefined) {
      const from = new ByteReader(this.#bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a section' })
      const texts = decodeTexts(from, this.#rows())
      from.end()
      this.#model = { texts, renderer: new TextRenderer(texts) }
    }
    return this.#model
  }
}
