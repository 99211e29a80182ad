import { readStretches, type JournalRange, type JournalStretch } from '../journal/read-stretches.ts'
import type { LocalStore } from '../store/local-store.ts'

/**
 * What the journal of a store holds between two of its ends, in order and beside its writer, as it stands in the files. Whoever
 * reads range after range holds the journal from the first position on.
 * @see LocalStore.journalEnd LocalStore.holdJournal
 * @throws JOURNAL_POSITION_UNKNOWN, JOURNAL_DAMAGED
 */
export async function* readJournalRange(
  store: LocalStore,
  range: JournalRange,
): AsyncGenerator<JournalStretch> {
  const { files, file, journal } = store.parts
  const { from, to } = range
  yield* readStretches({ files, storeId: file.storeId, journal, from, to })
}
