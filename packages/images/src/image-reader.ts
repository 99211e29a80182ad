import { ForgeError, systemClock, type Clock } from '@forgeone/common'
import {
  checkedClock,
  checkedList,
  checkedPath,
  checkedRead,
  checkedZone,
  imageCheck,
} from './image-arguments.ts'
import { LIMITS, limitExceeded } from './limits.ts'
import type { BlockSource } from './source/block-source.ts'
import { FileSource } from './source/file-source.ts'
import { OperationBudget } from './source/operation-budget.ts'
import { zoneSource } from './source/zone-source.ts'
import { namedByMagic } from './territory/magic.ts'
import { openTerritory } from './territory/open-territory.ts'
import type { DirectoryEntry, Listing, Occupant, Territory, TerritoryFacts } from './territory/territory.ts'
import { readZones } from './zone/read-zones.ts'
import type { Zone, ZoneTable } from './zone/zone-table.ts'

/** Options of every operation. */
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
}

/** What is listed. */
export interface ListOptions extends ReadOptions {
  /** Entries to pass over. */
  readonly offset?: number | undefined
  /** Entries at most; 10,000 unless given. */
  readonly limit?: number | undefined
}

/**
 * Reads a disk image: its zones, their file systems, directories and files. Never writes, mounts or executes.
 *
 * @example await using reader = await ImageReader.open('disk.img')
 */
export class ImageReader {
  readonly #source: BlockSource
  readonly #clock: Clock
  readonly #territories = new Map<number, Promise<Territory | undefined>>()
  #zones: Promise<ZoneTable> | undefined

  /** @throws IMAGE_ARGUMENT_INVALID, as every method for an argument that cannot be used */
  constructor(options: { readonly source: BlockSource; readonly clock?: Clock }) {
    const { source, clock } = imageCheck.options(options, ['source', 'clock'])
    // Both are checked to have their methods.
    this.#source = imageCheck.port(source as BlockSource, ['read', 'close'], 'source')
    this.#clock = clock === undefined ? systemClock : checkedClock(clock as Clock)
    imageCheck.wholeNumber(this.#source.size, 'source.size')
  }

  /** @throws INPUT_NOT_FOUND, IMAGE_UNREADABLE */
  static async open(path: string, options: { readonly clock?: Clock } = {}): Promise<ImageReader> {
    const { clock } = imageCheck.options(options, ['clock'])
    // Checked before there is a file to close.
    const given = clock === undefined ? {} : { clock: checkedClock(clock as Clock) }
    return new ImageReader({ source: await FileSource.open(path), ...given })
  }

  get size(): number {
    return this.#source.size
  }

  /** The partition table, or one zone over the whole image. */
  async zones(): Promise<ZoneTable> {
    this.#zones ??= readZones(this.#source)
    return await this.#zones
  }

  /** @throws IMAGE_PATH_UNKNOWN for a zone that is not there, IMAGE_TRUNCATED, IMAGE_LIMIT, IMAGE_DAMAGED */
  async territory(zoneIndex: number, options: ReadOptions = {}): Promise<TerritoryFacts> {
    const checked = checkedRead(options)
    const territory = await this.#open(checkedZone(zoneIndex))
    if (territory !== undefined) return await territory.facts(this.#budget(checked))
    return await namedByMagic(zoneSource(this.#source, await this.#zone(zoneIndex)))
  }

  /** Name of the file system alone, which costs a few reads. @throws IMAGE_PATH_UNKNOWN */
  async territoryType(zoneIndex: number): Promise<string> {
    const territory = await this.#open(checkedZone(zoneIndex))
    if (territory !== undefined) return territory.territoryType
    return (await namedByMagic(zoneSource(this.#source, await this.#zone(zoneIndex)))).territoryType
  }

  /**
   * Entries of a directory; `''` is the root. A damaged directory gives what can be read of it, marked `partial`.
   * @throws IMAGE_PATH_UNKNOWN, IMAGE_UNSUPPORTED, IMAGE_TRUNCATED, IMAGE_LIMIT, IMAGE_DAMAGED
   */
  async list(zoneIndex: number, path: string, options: ListOptions = {}): Promise<Listing> {
    const { offset, limit, signal } = checkedList(options)
    checkedPath(path)
    const budget = this.#budget({ signal })
    const territory = await this.#listable(checkedZone(zoneIndex))
    const directory = await this.#find(territory, path, budget)
    if (directory !== undefined && !directory.isDirectory) throw unknownPath(`${path} is a file`)
    const place = directory?.place ?? territory.root
    const { entries, partial } = await territory.entries(place, { limit: offset + limit, budget })
    return { occupants: entries.slice(offset).map(occupantOf), ...(partial && { partial }) }
  }

  /** @throws as `list` */
  async stat(zoneIndex: number, path: string, options: ReadOptions = {}): Promise<Occupant> {
    return occupantOf(await this.#file(zoneIndex, path, options))
  }

  /** The bytes of a file in pieces. @throws as `list` */
  read(zoneIndex: number, path: string, options: ReadOptions = {}): AsyncIterable<Uint8Array> {
    return this.#content(checkedZone(zoneIndex), checkedPath(path), checkedRead(options))
  }

  async close(): Promise<void> {
    await this.#source.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async *#content(zoneIndex: number, path: string, options: ReadOptions): AsyncGenerator<Uint8Array> {
    const territory = await this.#listable(zoneIndex)
    const file = await this.#file(zoneIndex, path, options)
    if (file.isDirectory) throw unknownPath(`${path} is a directory`)
    for await (const piece of territory.content(file)) {
      options.signal?.throwIfAborted()
      yield piece
    }
  }

  async #file(zoneIndex: number, path: string, options: ReadOptions): Promise<DirectoryEntry> {
    const budget = this.#budget(checkedRead(options))
    const territory = await this.#listable(checkedZone(zoneIndex))
    const found = await this.#find(territory, checkedPath(path), budget)
    if (found === undefined) throw unknownPath('the root is a directory')
    return found
  }

  /** Walks from the root. @returns undefined for the root itself */
  async #find(
    territory: Territory,
    path: string,
    budget: OperationBudget,
  ): Promise<DirectoryEntry | undefined> {
    if (Buffer.byteLength(path) > LIMITS.pathBytes) throw limitExceeded('pathBytes', 'the path is too long')
    const parts = path.split('/').filter((part) => part !== '')
    if (parts.length > LIMITS.depth) throw limitExceeded('depth', `the path has ${parts.length} parts`)
    let found: DirectoryEntry | undefined
    for (const part of parts) {
      if (found !== undefined && !found.isDirectory) throw unknownPath(`${found.name} is no directory`)
      // One level after another: each is found in the one above.
      const { entries } = await territory.entries(found?.place ?? territory.root, {
        limit: ENTRIES_SEARCHED,
        budget,
      })
      const next = entries.find(({ name }) => isSameName(name, part, territory.isCaseSensitive))
      if (next === undefined) throw unknownPath(`there is no ${part} in ${found?.name ?? 'the root'}`)
      found = next
    }
    return found
  }

  async #listable(zoneIndex: number): Promise<Territory> {
    const territory = await this.#open(zoneIndex)
    if (territory !== undefined) return territory
    const territoryType = await this.territoryType(zoneIndex)
    throw new ForgeError(
      'IMAGE_UNSUPPORTED',
      `zone ${zoneIndex} holds ${territoryType}, which cannot be listed`,
    )
  }

  async #open(zoneIndex: number): Promise<Territory | undefined> {
    const zone = await this.#zone(zoneIndex)
    const opened = this.#territories.get(zoneIndex) ?? openTerritory(zoneSource(this.#source, zone))
    this.#territories.set(zoneIndex, opened)
    return await opened
  }

  async #zone(zoneIndex: number): Promise<Zone> {
    const { zones } = await this.zones()
    const zone = zones[zoneIndex]
    if (zone === undefined) throw unknownPath(`the image has ${zones.length} zones and no zone ${zoneIndex}`)
    return zone
  }

  #budget({ signal }: ReadOptions): OperationBudget {
    return new OperationBudget({ clock: this.#clock, signal })
  }
}

/** Entries looked at to find one name: as many as a directory can have. */
const ENTRIES_SEARCHED = 65_536

function occupantOf({ place: _place, ...occupant }: DirectoryEntry): Occupant {
  return occupant
}

function isSameName(name: string, part: string, isCaseSensitive: boolean): boolean {
  return name === part || (!isCaseSensitive && name.toUpperCase() === part.toUpperCase())
}

function unknownPath(reason: string): ForgeError {
  return new ForgeError('IMAGE_PATH_UNKNOWN', reason)
}
