import { asBuffer, isForgeError, tellProgress, isBytes } from '@forgeone/common'
import { CompactRange, equalHashes, HASH_BYTES, hashPrefixedLeafInto } from '@forgeone/merkle'
import { splitEntries } from '../bundle/entry-form.ts'
import { ExpandedTile } from '../tree/expanded-tile.ts'
import { TILE_WIDTH, tilePath, tileWidth, type TileId } from '../tree/tile-path.ts'
import { fault, type LogFault, type LogRefused } from './log-verdict.ts'
import type { TileSource } from './tile-source.ts'

const TILE_HEIGHT = 8

/** A root that the log must have had at a size. */
export interface ExpectedHead {
  readonly size: number
  readonly root: Uint8Array
  /** What it means when the log has another one. */
  readonly fault: LogFault
  /** Whose word it is, for the answer. */
  readonly source: string
}

export interface ScanRequest {
  readonly source: TileSource
  readonly size: number
  readonly heads: readonly ExpectedHead[]
  /** Below this index the hashes of level 0 are taken as they are: a multiple of 256, or above every leaf. */
  readonly entriesFrom: number
  readonly onProgress?: ((leaves: number) => void) | undefined
  /** Called with every leaf that is the one whose hash the tree has, in order. */
  readonly onLeaf?: ((leaf: Uint8Array, index: number) => void) | undefined
}

/** Hashes every leaf of a log and compares every tile and every expected root on the way. */
export class LogScan {
  readonly #request: ScanRequest
  readonly #heads: readonly ExpectedHead[]
  readonly #range = new CompactRange()
  /** Hashes of full tiles that wait to be compared, by level. */
  readonly #computed: { readonly level: number; readonly hash: Uint8Array }[] = []
  readonly #compared: number[] = []
  /** The tile of each level that was read last. */
  readonly #tiles = new Map<number, { readonly index: number; readonly bytes: Uint8Array }>()
  #nextHead = 0

  constructor(request: ScanRequest) {
    this.#request = request
    this.#heads = request.heads.toSorted((left, right) => left.size - right.size)
  }

  /** @returns the root, or the first bad place */
  async run(): Promise<{ readonly root: Uint8Array } | LogRefused> {
    const { size, onProgress } = this.#request
    const early = this.#checkHeads()
    if (early !== undefined) return early
    for (let index = 0; index * TILE_WIDTH < size; index++) {
      const refused = (await this.#scanTile(index)) ?? (await this.#compareUpper())
      if (refused !== undefined) return refused
      tellProgress(onProgress, this.#range.size)
    }
    return { root: this.#range.root() }
  }

  async #scanTile(index: number): Promise<LogRefused | undefined> {
    const width = tileWidth({ level: 0, index }, this.#request.size)
    const id = { level: 0, index, width }
    const { onLeaf } = this.#request
    const tile = await this.#readTile(id)
    if (!isBytes(tile)) return tile
    if (index * TILE_WIDTH >= this.#request.entriesFrom) {
      const read = await this.#hashEntries({ ...id, level: 'entries' })
      if ('code' in read) return read
      const { hashes, entries } = read
      if (!equalHashes(hashes, tile)) return await this.#nameDifference({ id, hashes, tile })
      for (const [at, entry] of entries.entries()) onLeaf?.(entry, index * TILE_WIDTH + at)
    }
    const buffer = asBuffer(tile)
    for (let at = 0; at < tile.length; at += HASH_BYTES) {
      this.#range.append({ buffer, at }, (level, place) => {
        const hash = new Uint8Array(place.buffer.subarray(place.at, place.at + HASH_BYTES))
        this.#computed.push({ level, hash })
      })
      if (this.#range.size === this.#heads[this.#nextHead]?.size) {
        const refused = this.#checkHeads()
        if (refused !== undefined) return refused
      }
    }
    return undefined
  }

  /** Compares the hashes of full tiles with those that the tiles above hold. */
  async #compareUpper(): Promise<LogRefused | undefined> {
    for (const { level, hash } of this.#computed.splice(0)) {
      const position = this.#compared[level] ?? 0
      this.#compared[level] = position + 1
      const index = Math.floor(position / TILE_WIDTH)
      const width = tileWidth({ level, index }, this.#request.size)
      const known = this.#tiles.get(level)
      const tile = known?.index === index ? known.bytes : await this.#readTile({ level, index, width })
      if (!isBytes(tile)) return tile
      this.#tiles.set(level, { index, bytes: tile })
      const at = (position % TILE_WIDTH) * HASH_BYTES
      if (equalHashes(tile.subarray(at, at + HASH_BYTES), hash)) continue
      const path = tilePath({ level, index, width })
      return fault(
        'AUDIT_DIVERGED',
        `hash ${position % TILE_WIDTH} of ${path} is not that of the tile below`,
        {
          path,
          leaf: position * TILE_WIDTH ** level,
        },
      )
    }
    return undefined
  }

  #checkHeads(): LogRefused | undefined {
    for (; this.#heads[this.#nextHead]?.size === this.#range.size; this.#nextHead++) {
      const head = this.#heads[this.#nextHead]!
      if (equalHashes(this.#range.root(), head.root)) continue
      const before = this.#heads[this.#nextHead - 1]?.size ?? 0
      return fault(
        head.fault,
        `the first ${head.size} leaves have another root than ${head.source} says; the difference begins at leaf ${before} or later`,
        { size: head.size },
      )
    }
    return undefined
  }

  async #readTile(id: TileId): Promise<Uint8Array | LogRefused> {
    const bytes = await this.#read(id)
    if (!isBytes(bytes)) return bytes
    const wanted = id.width * HASH_BYTES
    if (bytes.length === wanted || bytes.length === TILE_WIDTH * HASH_BYTES) return bytes.subarray(0, wanted)
    const path = tilePath(id)
    return fault('AUDIT_DIVERGED', `${path} has ${bytes.length} bytes, not ${wanted}`, { path })
  }

  /** Leaf hashes of a bundle. */
  async #hashEntries(
    id: TileId,
  ): Promise<{ readonly hashes: Uint8Array; readonly entries: readonly Uint8Array[] } | LogRefused> {
    const bytes = await this.#read(id)
    if (!isBytes(bytes)) return bytes
    // The byte before each entry gives way to the prefix that RFC 6962 hashes it with.
    const bundle = Buffer.from(bytes)
    const entries = splitEntries(bundle)
    const path = tilePath(id)
    const first = id.index * TILE_WIDTH
    if (entries === undefined)
      return fault('AUDIT_DIVERGED', `${path} is no entry bundle`, { path, leaf: first })
    if (entries.length !== id.width && entries.length !== TILE_WIDTH)
      return fault('AUDIT_DIVERGED', `${path} has ${entries.length} entries, not ${id.width}`, {
        path,
        leaf: first + Math.min(entries.length, id.width),
      })
    const hashes = Buffer.alloc(id.width * HASH_BYTES)
    for (let at = 0; at < id.width; at++) {
      const entry = entries[at]!
      const start = entry.byteOffset - bundle.byteOffset
      const prefixed = bundle.subarray(start - 1, start + entry.length)
      hashPrefixedLeafInto(prefixed, { buffer: hashes, at: at * HASH_BYTES })
    }
    return { hashes, entries: entries.slice(0, id.width) }
  }

  /** A partial file may have been removed once the full one was there. */
  async #read(id: TileId): Promise<Uint8Array | LogRefused> {
    const path = tilePath(id)
    try {
      const bytes = await this.#request.source.read(path)
      if (bytes !== undefined) return bytes
      if (id.width < TILE_WIDTH) {
        const full = await this.#request.source.read(tilePath({ ...id, width: TILE_WIDTH }))
        if (full !== undefined) return full
      }
    } catch (error) {
      if (!isForgeError(error, 'AUDIT_DIVERGED', 'RECORD_TAMPERED')) throw error
      return fault('AUDIT_DIVERGED', `${path} cannot be read: ${error.message}`, { path })
    }
    const leaf =
      typeof id.level === 'number' ? id.index * TILE_WIDTH ** (id.level + 1) : id.index * TILE_WIDTH
    return fault('AUDIT_DIVERGED', `${path} is missing`, { path, leaf })
  }

  /** Whether the bundle or the tile was changed: the tile above tells, where there is one. */
  async #nameDifference(o: { id: TileId; hashes: Uint8Array; tile: Uint8Array }): Promise<LogRefused> {
    const { id, hashes, tile } = o
    let at = 0
    while (equalHashes(hashes.subarray(0, (at + 1) * HASH_BYTES), tile.subarray(0, (at + 1) * HASH_BYTES)))
      at++
    const leaf = id.index * TILE_WIDTH + at
    const bundlePath = tilePath({ ...id, level: 'entries' })
    const isTile = id.width === TILE_WIDTH && (await this.#isUnderUpperTile(id.index, hashes))
    return fault(
      'AUDIT_DIVERGED',
      isTile
        ? `${tilePath(id)} holds another hash than that of leaf ${leaf}`
        : `leaf ${leaf} in ${bundlePath} is not the one whose hash ${tilePath(id)} holds`,
      { path: isTile ? tilePath(id) : bundlePath, leaf },
    )
  }

  async #isUnderUpperTile(index: number, hashes: Uint8Array): Promise<boolean> {
    const upper = { level: 1, index: Math.floor(index / TILE_WIDTH) }
    const tile = await this.#readTile({ ...upper, width: tileWidth(upper, this.#request.size) })
    if (!isBytes(tile)) return false
    const at = (index % TILE_WIDTH) * HASH_BYTES
    const root = new ExpandedTile(hashes).node(TILE_HEIGHT, 0)
    return equalHashes(root, tile.subarray(at, at + HASH_BYTES))
  }
}
