import type { HotBlock } from '../block/hot-block.ts'

/** Everything that is needed to make an entry of a row. */
export interface RowPlace {
  readonly block: HotBlock
  readonly row: number
  readonly topic: string
  readonly id: string
}

/** What tells logs from events: how a row becomes an entry. */
export interface EntryCodec<Entry> {
  readonly rows: 'logs' | 'events'
  decode(place: RowPlace): Entry
}
