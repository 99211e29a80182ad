import { LIMITS, damaged } from '../limits.ts'
import type { BlockSource } from '../source/block-source.ts'
import type { OperationBudget } from '../source/operation-budget.ts'
import type { FatLayout } from './fat-boot-sector.ts'
import { ENTRY_BYTES, FatDirectoryParser } from './fat-directory.ts'
import { FatTable } from './fat-table.ts'
import type { DirectoryContent, DirectoryEntry, Place, Territory, TerritoryFacts } from './territory.ts'

/** The root of FAT12 and FAT16 lies outside the clusters. */
const FIXED_ROOT = 0
/** Slots of one directory: the specification's bound, which also bounds what is read for one listing. */
const DIRECTORY_BYTES_MAX = 65_536 * ENTRY_BYTES

/** FAT12, FAT16 and FAT32 with long names, after Microsoft's specification of 2000. */
export class FatTerritory implements Territory {
  readonly territoryType: string
  readonly root: Place
  readonly isCaseSensitive = false
  readonly #source: BlockSource
  readonly #layout: FatLayout
  readonly #table: FatTable

  /** @throws IMAGE_LIMIT, IMAGE_DAMAGED */
  constructor(source: BlockSource, layout: FatLayout) {
    this.#source = source
    this.#layout = layout
    this.#table = new FatTable(source, layout)
    this.territoryType = layout.kind
    this.root = { kind: 'fat', cluster: layout.rootCluster }
  }

  async facts(budget: OperationBudget): Promise<TerritoryFacts> {
    const { label, totalBytes, clusterBytes } = this.#layout
    const free = await this.#table.countFree(budget)
    const { parser } = await this.#parse(this.root, { limit: LIMITS.directoryEntries, budget })
    return {
      territoryType: this.territoryType,
      banner: parser.label || withoutPlaceholder(label),
      domainSize: totalBytes,
      liberatedSpace: free * clusterBytes,
      blockSize: clusterBytes,
      hierarchical: true,
    }
  }

  async entries(
    directory: Place,
    { limit, budget }: { readonly limit: number; readonly budget: OperationBudget },
  ): Promise<DirectoryContent> {
    const { parser, isCut } = await this.#parse(directory, { limit: limit + 1, budget })
    const entries = parser.entries.slice(0, limit)
    if (parser.entries.length > limit) return { entries, partial: 'limit' }
    return isCut ? { entries, partial: 'damaged' } : { entries }
  }

  async *content(file: DirectoryEntry): AsyncIterable<Uint8Array> {
    if (file.place.kind !== 'fat') throw damaged('the file belongs to another file system')
    const { clusterBytes } = this.#layout
    let left = file.size
    const count = Math.ceil(left / clusterBytes)
    if (count === 0) return
    const { clusters } = await this.#table.chain(file.place.cluster, { max: count })
    for (const cluster of clusters) {
      const length = Math.min(left, clusterBytes)
      yield await this.#source.read(this.#table.offsetOf(cluster), length)
      left -= length
    }
    if (left > 0) throw damaged(`the chain of ${file.name} ends ${left} bytes early`)
  }

  async #parse(
    directory: Place,
    { limit, budget }: { readonly limit: number; readonly budget: OperationBudget },
  ): Promise<{ readonly parser: FatDirectoryParser; readonly isCut: boolean }> {
    if (directory.kind !== 'fat') throw damaged('the directory belongs to another file system')
    const parser = new FatDirectoryParser()
    if (directory.cluster === FIXED_ROOT && this.#layout.kind !== 'FAT32') {
      const { rootOffset, rootEntries } = this.#layout
      parser.add(await this.#source.read(rootOffset, rootEntries * ENTRY_BYTES), limit)
      return { parser, isCut: false }
    }
    const { clusterBytes, rootCluster } = this.#layout
    const max = Math.ceil(DIRECTORY_BYTES_MAX / clusterBytes)
    // `..` of a directory below the root says 0 where FAT32 has its root at a cluster.
    const { clusters, isCut } = await this.#table.chain(directory.cluster || rootCluster, { max, budget })
    for (const cluster of clusters) {
      budget.check()
      parser.add(await this.#source.read(this.#table.offsetOf(cluster), clusterBytes), limit)
      if (parser.isEnded || parser.entries.length >= limit) return { parser, isCut: false }
    }
    return { parser, isCut }
  }
}

/** What formatting writes where no label was chosen. */
function withoutPlaceholder(label: string): string {
  return label === 'NO NAME' ? '' : label
}
