/** The raw size of an entry is what a log file would take for it: the text and a line end, and its metadata if any. */
const LINE_END_BYTES = 1

/** @param metadata canonical JSON; members that begin with `_` are the import's own notes, not bytes of the caller */
export function rawBytesOf(textBytes: number, metadata: string | undefined): number {
  const own = metadata === undefined || metadata.length <= 2 || metadata.startsWith('{"_')
  return textBytes + LINE_END_BYTES + (own ? 0 : metadata.length)
}
