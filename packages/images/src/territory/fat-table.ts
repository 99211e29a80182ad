import { LIMITS, damaged, limitExceeded } from '../limits.ts'
import type { BlockSource } from '../source/block-source.ts'
import { Fields } from '../source/little-endian.ts'
import type { OperationBudget } from '../source/operation-budget.ts'
import type { FatLayout } from './fat-boot-sector.ts'

const PIECE_BYTES = 1024 * 1024
const FAT12_PAIR_BYTES = 3
/** Clusters up to here are data; above lie the marks of bad clusters and of the end. */
const LAST_DATA = { FAT12: 0xff6, FAT16: 0xfff6, FAT32: 0x0ffffff6 } as const
const CLUSTER_FIRST = 2

/** The chains of clusters of a FAT volume. */
export class FatTable {
  readonly #source: BlockSource
  readonly #layout: FatLayout

  /** @throws IMAGE_LIMIT, IMAGE_DAMAGED when the table is too large or too small for its clusters */
  constructor(source: BlockSource, layout: FatLayout) {
    const needed = tableBytes(layout)
    if (needed > LIMITS.fatBytes) throw limitExceeded('fatBytes', `the FAT takes ${needed} bytes`)
    if (needed > layout.fatBytes) throw damaged('the FAT is too small for the clusters of its volume')
    this.#source = source
    this.#layout = layout
  }

  /**
   * The clusters of a chain in their order, up to `max` of them. A chain that loops, or leaves the volume, is cut.
   */
  async chain(
    first: number,
    { max, budget }: { readonly max: number; readonly budget?: OperationBudget | undefined },
  ): Promise<{ readonly clusters: readonly number[]; readonly isCut: boolean }> {
    const clusters: number[] = []
    const visited = new Set<number>()
    let cluster = first
    while (clusters.length < Math.min(max, LIMITS.chainClusters)) {
      if (!this.#isData(cluster) || visited.has(cluster)) return { clusters, isCut: true }
      visited.add(cluster)
      clusters.push(cluster)
      const next = await this.#entry(cluster)
      if (next > LAST_DATA[this.#layout.kind]) return { clusters, isCut: false }
      cluster = next
      if (clusters.length % 4096 === 0) budget?.check()
    }
    return { clusters, isCut: max > LIMITS.chainClusters }
  }

  offsetOf(cluster: number): number {
    return this.#layout.dataOffset + (cluster - CLUSTER_FIRST) * this.#layout.clusterBytes
  }

  /** Free clusters, counted: what the volume says about itself is a hint that is often wrong. */
  async countFree(budget: OperationBudget): Promise<number> {
    const { clusters, fatOffset } = this.#layout
    const needed = tableBytes(this.#layout)
    const pieceBytes = this.#layout.kind === 'FAT12' ? needed : PIECE_BYTES
    let free = 0
    let cluster = 0
    for (let at = 0; at < needed; at += pieceBytes) {
      budget.check()
      const piece = new Fields(await this.#source.read(fatOffset + at, Math.min(pieceBytes, needed - at)))
      const inPiece = this.#entriesIn(Math.min(pieceBytes, needed - at))
      for (let index = 0; index < inPiece && cluster < clusters + CLUSTER_FIRST; index++, cluster++)
        if (cluster >= CLUSTER_FIRST && this.#decode(piece, index) === 0) free++
    }
    return free
  }

  async #entry(cluster: number): Promise<number> {
    const { kind, fatOffset } = this.#layout
    if (kind === 'FAT12') {
      const pair = await this.#source.read(
        fatOffset + Math.floor(cluster / 2) * FAT12_PAIR_BYTES,
        FAT12_PAIR_BYTES,
      )
      return this.#decode(new Fields(pair), cluster % 2)
    }
    const bytes = kind === 'FAT16' ? 2 : 4
    return this.#decode(new Fields(await this.#source.read(fatOffset + cluster * bytes, bytes)), 0)
  }

  #decode(fields: Fields, index: number): number {
    switch (this.#layout.kind) {
      case 'FAT12': {
        const at = Math.floor(index / 2) * FAT12_PAIR_BYTES
        return index % 2 === 0
          ? fields.u8(at) | ((fields.u8(at + 1) & 0x0f) << 8)
          : (fields.u8(at + 1) >> 4) | (fields.u8(at + 2) << 4)
      }
      case 'FAT16':
        return fields.u16(index * 2)
      case 'FAT32':
        return fields.u32(index * 4) & 0x0fff_ffff
    }
  }

  #entriesIn(bytes: number): number {
    const { kind } = this.#layout
    if (kind === 'FAT12') return Math.floor(bytes / FAT12_PAIR_BYTES) * 2
    return Math.floor(bytes / (kind === 'FAT16' ? 2 : 4))
  }

  #isData(cluster: number): boolean {
    return cluster >= CLUSTER_FIRST && cluster < this.#layout.clusters + CLUSTER_FIRST
  }
}

/** Bytes of the table that stand for clusters, rounded up to whole pairs. */
function tableBytes({ kind, clusters }: FatLayout): number {
  const entries = clusters + CLUSTER_FIRST
  if (kind === 'FAT12') return Math.ceil(entries / 2) * FAT12_PAIR_BYTES
  return entries * (kind === 'FAT16' ? 2 : 4)
}
