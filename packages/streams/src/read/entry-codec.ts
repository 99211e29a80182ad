import type { RowContent } from '../block/decoded-block.ts'

/** Everything that is needed to make an entry of a row. */
export interface RowPlace {
  readonly block: RowContent
  readonly row: number
  readonly topic: string
}

/** What tells logs from events: how a row becomes an entry. */
export interface EntryCodec<Entry> {
  readonly rows: 'logs' | 'events'
  decode(place: RowPlace, id: string): Entry
}
