/** Names of tiles and entry bundles: c2sp.org/tlog-tiles, "Merkle Tree" and "Log entries". */
import { parseDecimal } from '../format/decimal.ts'

/** Hashes in a full tile, entries in a full bundle. */
export const TILE_WIDTH = 256
/** The specification's; a log of 2^53 leaves needs 7. */
const TILE_LEVEL_MAX = 63
const PATH_CHARACTERS_MAX = 64

/** A tile of hashes, or a bundle of entries, with `width` of at most 256. */
export interface TileId {
  readonly level: number | 'entries'
  readonly index: number
  readonly width: number
}

/** `tile/0/x001/x234/067`, with `.p/<width>` when it is partial. */
export function tilePath({ level, index, width }: TileId): string {
  const groups: string[] = []
  for (let rest = index; ; rest = Math.floor(rest / 1000)) {
    const digits = String(rest % 1000).padStart(3, '0')
    groups.push(groups.length === 0 ? digits : `x${digits}`)
    if (rest < 1000) break
  }
  const suffix = width === TILE_WIDTH ? '' : `.p/${width}`
  return `tile/${level}/${groups.reverse().join('/')}${suffix}`
}

/** @returns undefined when the path is not the one spelling of a tile's name */
export function parseTilePath(path: string): TileId | undefined {
  if (path.length > PATH_CHARACTERS_MAX) return undefined
  const match = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path)
  if (match === null) return undefined
  const [, levelText = '', indexText = '', widthText] = match
  const level = levelText === 'entries' ? 'entries' : parseDecimal(levelText)
  const index = Number(indexText.replaceAll(/[x/]/g, ''))
  const width = widthText === undefined ? TILE_WIDTH : parseDecimal(widthText)
  if (level === undefined || width === undefined || width < 1) return undefined
  if (typeof level === 'number' && level > TILE_LEVEL_MAX) return undefined
  const id: TileId = { level, index, width }
  // Rules out leading zero groups, numbers above 2^53 and `.p/256`.
  return Number.isSafeInteger(index) && tilePath(id) === path ? id : undefined
}

/** Hashes on a tile level, or entries, of a tree: `floor(size / 256^level)`. */
export function hashesOnLevel(size: number, level: number | 'entries'): number {
  return level === 'entries' ? size : Math.floor(size / TILE_WIDTH ** level)
}

/** The width that a tile has in a tree of this size; 0 when it is not there. */
export function tileWidth({ level, index }: Pick<TileId, 'level' | 'index'>, size: number): number {
  return Math.min(TILE_WIDTH, Math.max(0, hashesOnLevel(size, level) - index * TILE_WIDTH))
}

/** Tile levels of a tree: each has at least one hash. */
export function tileLevels(size: number): number {
  let levels = 0
  while (hashesOnLevel(size, levels) > 0) levels++
  return levels
}
