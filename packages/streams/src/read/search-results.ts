import { EntryResults, type ResultsSource } from './entry-results.ts'
import type { ScanFigures } from './scan-request.ts'

/** What a search read and returned; complete once the results were iterated to their end. */
export interface SearchExplanation extends Readonly<ScanFigures> {
  readonly topics: number
  readonly elapsedMs: number
}

/** Results of a search, with an account of the work. */
export class SearchResults<Entry> extends EntryResults<Entry> {
  readonly #explain: () => SearchExplanation

  constructor(o: ResultsSource<Entry> & { readonly explain: () => SearchExplanation }) {
    super(o)
    this.#explain = o.explain
  }

  explain(): SearchExplanation {
    return this.#explain()
  }
}
