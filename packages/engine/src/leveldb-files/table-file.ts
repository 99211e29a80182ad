import { open, type FileHandle } from 'node:fs/promises'
import { asBuffer, compareBytes, concatBytes, crc32c, equalBytes } from '@forgeone/common'
import { unmaskChecksum } from './log-records.ts'
import type { LiveTable } from './manifest.ts'
import { VarintCursor } from './varints.ts'

const FOOTER_BYTES = 48
const BLOCK_TRAILER_BYTES = 5
/** `0xdb4775248b80fb57` little-endian, the last 8 bytes of every table. */
const MAGIC = Uint8Array.from([0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb])
/** LevelDB ends a table at 2 MiB, after the row that crosses it; a row has 1 MiB and a little at most. */
const TABLE_BYTES_MAX = 64 * 1024 * 1024

interface BlockHandle {
  readonly offset: number
  readonly size: number
}

export function tableName(number: number): string {
  return `${String(number).padStart(6, '0')}.ldb`
}

/** True when the file ends as a finished table does: what can be known without reading it. */
export async function tableFooterHolds(path: string, size: number): Promise<boolean> {
  if (size < FOOTER_BYTES) return false
  await using file = await open(path, 'r')
  const footer = await readExactly(file, size - FOOTER_BYTES, FOOTER_BYTES)
  return footer !== undefined && equalBytes(footer.subarray(40), MAGIC)
}

/**
 * Reads a whole table and checks every checksum, that the blocks cover every byte of the file, that keys ascend, and
 * that the first and last key are those the MANIFEST names.
 * @returns undefined when all holds, else what does not
 */
export async function checkTable(path: string, table: LiveTable): Promise<string | undefined> {
  await using file = await open(path, 'r')
  const { size } = await file.stat()
  if (size !== table.size) return `it has ${size} bytes instead of ${table.size}`
  if (size > TABLE_BYTES_MAX) return `it has ${size} bytes, more than a table can have`
  const bytes = await readExactly(file, 0, size)
  return bytes === undefined ? 'its end is missing' : checkTableBytes(bytes, table)
}

function checkTableBytes(bytes: Uint8Array, table: LiveTable): string | undefined {
  if (bytes.length < FOOTER_BYTES) return 'its footer is damaged'
  const footer = bytes.subarray(bytes.length - FOOTER_BYTES)
  if (!equalBytes(footer.subarray(40), MAGIC)) return 'its footer is damaged'
  const cursor = new VarintCursor(footer.subarray(0, 40))
  const metaindex = readHandle(cursor)
  const index = readHandle(cursor)
  if (cursor.failed || footer.subarray(cursor.offset, 40).some((byte) => byte !== 0))
    return 'its footer is damaged'
  const indexBlock = readBlock(bytes, index)
  const metaindexBlock = readBlock(bytes, metaindex)
  if (indexBlock === undefined || metaindexBlock === undefined) return 'its index block fails its checksum'
  const entries = blockEntries(indexBlock)
  if (entries === undefined) return 'its index block is malformed'
  const filters = blockEntries(metaindexBlock)
  if (filters === undefined) return 'its metaindex block is malformed'
  const handlesOf = (rows: readonly { value: Uint8Array }[]): BlockHandle[] =>
    rows.map((row) => readHandle(new VarintCursor(row.value)))
  return checkBlocks({
    bytes,
    table,
    blocks: handlesOf(entries),
    filters: handlesOf(filters),
    metaindex,
    index,
  })
}

function checkBlocks(at: {
  bytes: Uint8Array
  table: LiveTable
  blocks: readonly BlockHandle[]
  filters: readonly BlockHandle[]
  metaindex: BlockHandle
  index: BlockHandle
}): string | undefined {
  let first: Uint8Array | undefined
  let last: Uint8Array | undefined
  for (const handle of at.blocks) {
    const block = readBlock(at.bytes, handle)
    if (block === undefined) return `the block at byte ${handle.offset} fails its checksum`
    const entries = blockEntries(block)
    if (entries === undefined) return `the block at byte ${handle.offset} is malformed`
    for (const { key } of entries) {
      if (last !== undefined && compareUserKeys(last, key) > 0) {
        return `keys in the block at byte ${handle.offset} are out of order`
      }
      first ??= key
      last = key
    }
  }
  for (const handle of at.filters) {
    if (readBlock(at.bytes, handle) === undefined) return 'its filter block fails its checksum'
  }
  // Filter, metaindex and index follow the data; together the blocks leave no byte unchecked.
  let expectedOffset = 0
  for (const handle of [...at.blocks, ...at.filters, at.metaindex, at.index]) {
    if (handle.offset !== expectedOffset) return 'its blocks do not follow each other'
    expectedOffset = handle.offset + handle.size + BLOCK_TRAILER_BYTES
  }
  if (expectedOffset + FOOTER_BYTES !== at.bytes.length) return 'its blocks do not follow each other'
  if (first === undefined || last === undefined) return 'it holds no row'
  if (!equalBytes(first, at.table.smallest) || !equalBytes(last, at.table.largest)) {
    return 'its rows are not those the MANIFEST names'
  }
  return undefined
}

function compareUserKeys(left: Uint8Array, right: Uint8Array): number {
  return compareBytes(left.subarray(0, -8), right.subarray(0, -8))
}

function readHandle(cursor: VarintCursor): BlockHandle {
  return { offset: cursor.number(), size: cursor.number() }
}

async function readExactly(
  file: FileHandle,
  offset: number,
  length: number,
): Promise<Uint8Array | undefined> {
  const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset)
  return bytesRead === length ? buffer : undefined
}

/**
 * @returns a view of the uncompressed block; undefined when its checksum fails, when it does not lie in the file (the
 *   footer has no checksum, so its numbers may be anything), or when it is compressed, which we never write
 */
function readBlock(bytes: Uint8Array, { offset, size }: BlockHandle): Uint8Array | undefined {
  if (offset + size + BLOCK_TRAILER_BYTES > bytes.length) return undefined
  const block = bytes.subarray(offset, offset + size + BLOCK_TRAILER_BYTES)
  if (block[size] !== 0) return undefined
  const stored = unmaskChecksum(asBuffer(block).readUInt32LE(size + 1))
  return crc32c(block.subarray(0, size + 1)) === stored ? block.subarray(0, size) : undefined
}

/** Entries `shared varint | unshared varint | value length varint | key tail | value`, then restart offsets. */
function blockEntries(block: Uint8Array): readonly { key: Uint8Array; value: Uint8Array }[] | undefined {
  if (block.length < 4) return undefined
  const restarts = asBuffer(block).readUInt32LE(block.length - 4)
  const end = block.length - 4 - restarts * 4
  if (end < 0) return undefined
  const cursor = new VarintCursor(block.subarray(0, end))
  const entries: { key: Uint8Array; value: Uint8Array }[] = []
  let previous: Uint8Array = new Uint8Array(0)
  while (!cursor.done) {
    const shared = cursor.number()
    const unshared = cursor.number()
    const valueLength = cursor.number()
    if (cursor.failed || shared > previous.length) return undefined
    const key = concatBytes([previous.subarray(0, shared), cursor.bytes(unshared)])
    const value = cursor.bytes(valueLength)
    if (cursor.failed) return undefined
    entries.push({ key, value })
    previous = key
  }
  return cursor.failed ? undefined : entries
}
