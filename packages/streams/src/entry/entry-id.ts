/**
 * Ids that the store makes: UUIDv7 (RFC 9562) whose random bits say where the entry lies, so that no row per
 * entry is needed to find it.
 *
 *     time ms 48 | 7 | shard 8 | layout 4 = 1 | 10 | low 40 bits of the sequence | topic id 22
 */
export interface EntryPlace {
  readonly commitTime: number
  readonly shard: number
  readonly sequence: number
  readonly topicId: number
}

const LAYOUT = 1
const SEQUENCE_HIGH_UNIT = 2 ** 26
const TOPIC_UNIT = 2 ** 22
const ID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{2}1-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** The part of an id that all entries of one commit and shard share. */
export function entryIdPrefix({
  commitTime,
  shard,
}: {
  readonly commitTime: number
  readonly shard: number
}): string {
  const time = hex(commitTime, 12)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(shard, 2)}${LAYOUT}-`
}

export function entryId(
  prefix: string,
  { sequence, topicId }: { readonly sequence: number; readonly topicId: number },
): string {
  const low40 = sequence % 2 ** 40
  const group4 = 0x8000 + Math.floor(low40 / SEQUENCE_HIGH_UNIT)
  // The last 48 bits, 26 of the sequence and 22 of the topic, as two halves of 24 bits that table look-ups can print.
  const sequence26 = low40 % SEQUENCE_HIGH_UNIT
  const upper = Math.floor(sequence26 / 4)
  const lower = (sequence26 % 4) * TOPIC_UNIT + topicId
  return `${prefix}${HEX[group4 >>> 8]}${HEX[group4 & 0xff]}-${hex24(upper)}${hex24(lower)}`
}

/** Two digits for each byte: a number's own conversion is ten times slower, and ids are made for every row read. */
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function hex24(value: number): string {
  return `${HEX[value >>> 16]}${HEX[(value >>> 8) & 0xff]}${HEX[value & 0xff]}`
}

/** @returns undefined when the text is not an id of ours */
export function parseEntryId(id: string): EntryPlace | undefined {
  if (!ID_PATTERN.test(id)) return undefined
  const group5 = Number.parseInt(id.slice(24), 16)
  const high = Number.parseInt(id.slice(19, 23), 16) - 0x8000
  return {
    commitTime: Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16),
    shard: Number.parseInt(id.slice(15, 17), 16),
    sequence: high * SEQUENCE_HIGH_UNIT + Math.floor(group5 / TOPIC_UNIT),
    topicId: group5 % TOPIC_UNIT,
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
