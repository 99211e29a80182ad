import { ClassicLevelEngine } from './classic-level.ts'
import type { BenchEngine } from './engine.ts'
import { ForgeOneEngine } from './forgeone.ts'
import { LmdbEngine } from './lmdb.ts'
import { sqlcipherEngine } from './sqlcipher.ts'
import { sqliteEngine } from './sqlite.ts'

/** ForgeOne first: the others are compared with it. */
export const ENGINES: Readonly<Record<string, () => BenchEngine>> = {
  forgeone: () => new ForgeOneEngine(),
  sqlite: sqliteEngine,
  sqlcipher: sqlcipherEngine,
  lmdb: () => new LmdbEngine(),
  'classic-level': () => new ClassicLevelEngine(),
}
