export { ImageReader, type ListOptions, type ReadOptions } from './image-reader.ts'
export { LIMITS } from './limits.ts'
export type { BlockSource } from './source/block-source.ts'
export { FileSource } from './source/file-source.ts'
export { memorySource } from './source/memory-source.ts'
export type { Zone, ZoneFinding, ZoneTable } from './zone/zone-table.ts'
export type { Listing, Occupant, TerritoryFacts } from './territory/territory.ts'
export { digestsOf, type Digests } from './hash/digests.ts'
export {
  ImageCatalogue,
  type Answer,
  type CatalogueCache,
  type DigestOptions,
  type ListingAnswer,
} from './catalogue/image-catalogue.ts'
