import { SAMPLE_BYTES_MAX, SAMPLE_LINES_MAX } from './detect-format.ts'
import type { LineSlice } from './lines/line-splitter.ts'

/** Lines that wait to be looked at together: where a window ends depends on the bytes alone. */
export class SampleWindows {
  #slices: LineSlice[] = []
  #at = 0

  add(slice: LineSlice): void {
    this.#slices.push(slice)
  }

  get hasLines(): boolean {
    return this.#at < this.#slices.length
  }

  /**
   * The next lines: a whole window as long as a format is sought, else all there are.
   * @param isLast what is there is taken for a window, as nothing may come behind it
   */
  take(
    { seeksFormat }: { readonly seeksFormat: boolean },
    isLast: boolean,
  ): readonly LineSlice[] | undefined {
    const end = seeksFormat ? this.#windowEnd(isLast) : this.#slices.length
    if (end === undefined || end === this.#at) return undefined
    const window = this.#slices.slice(this.#at, end)
    this.#at = end
    if (this.#at === this.#slices.length) {
      this.#slices = []
      this.#at = 0
    }
    return window
  }

  #windowEnd(isLast: boolean): number | undefined {
    let bytes = 0
    for (let end = this.#at; end < this.#slices.length; end++) {
      const slice = this.#slices[end]!
      bytes += slice.end - slice.start
      if (end + 1 - this.#at >= SAMPLE_LINES_MAX || bytes >= SAMPLE_BYTES_MAX) return end + 1
    }
    return isLast ? this.#slices.length : undefined
  }
}
