/** The raw size of an entry is what a log file would take for it: the text and a line end, and its metadata if any. */
const LINE_END_BYTES = 1

/** The import's own notes (`docs/format.md`, "Hot block") are not bytes of the caller. */
const IMPORT_NOTES = /^\{(?:"_(?:cut|encoding|eol)":(?:"[a-z0-9]*"|true),?)+\}$/
/** All of them together are shorter. */
const IMPORT_NOTES_CHARACTERS_MAX = 64

/** @param metadata canonical JSON */
export function rawBytesOf(textBytes: number, metadata: string | undefined): number {
  if (metadata === undefined || metadata.length <= 2) return textBytes + LINE_END_BYTES
  const isNote = metadata.length <= IMPORT_NOTES_CHARACTERS_MAX && IMPORT_NOTES.test(metadata)
  return textBytes + LINE_END_BYTES + (isNote ? 0 : Buffer.byteLength(metadata))
}
