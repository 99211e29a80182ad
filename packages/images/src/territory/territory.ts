import type { OperationBudget } from '../source/operation-budget.ts'

/** What is known of a file system. Sizes in bytes. */
export interface TerritoryFacts {
  /** `FAT16`, `ISO9660`, `ext4`, …, or `unknown`. */
  readonly territoryType: string
  /** Label of the volume; empty without one. */
  readonly banner: string
  readonly domainSize: number
  readonly liberatedSpace: number
  readonly blockSize: number
  /** Whether its directories can be listed here. */
  readonly hierarchical: boolean
}

/** One entry of a directory. Times are Unix milliseconds; those without a time zone are read as UTC. */
export interface Occupant {
  readonly name: string
  readonly isDirectory: boolean
  readonly size: number
  readonly created?: number | undefined
  readonly modified?: number | undefined
  readonly attributes: number
}

/** Entries of a directory, in the order in which they are stored. */
export interface Listing {
  readonly occupants: readonly Occupant[]
  /** Why this is not all, if it is not: the directory is damaged, or longer than was asked for. */
  readonly partial?: 'damaged' | 'limit' | undefined
}

/** Where entries lie; only the file system that gave it understands it. */
export interface DirectoryEntry extends Occupant {
  readonly place: Place
}

/** First cluster or extents of a file or directory. */
export type Place =
  | { readonly kind: 'fat'; readonly cluster: number }
  | { readonly kind: 'iso'; readonly extents: readonly Extent[] }

export interface Extent {
  readonly offset: number
  readonly length: number
}

/** What one directory holds, with where its entries lie. */
export interface DirectoryContent {
  readonly entries: readonly DirectoryEntry[]
  readonly partial?: 'damaged' | 'limit' | undefined
}

/** A file system that can be listed. Nothing it says is believed before it is checked against the image. */
export interface Territory {
  readonly territoryType: string
  /** Counts what is free, which may read a large table. */
  facts(budget: OperationBudget): Promise<TerritoryFacts>
  readonly root: Place
  /** Whether names differ when only their case does. */
  readonly isCaseSensitive: boolean
  entries(
    directory: Place,
    o: { readonly limit: number; readonly budget: OperationBudget },
  ): Promise<DirectoryContent>
  /** The bytes of a file in pieces, `size` of them. */
  content(file: DirectoryEntry): AsyncIterable<Uint8Array>
}
