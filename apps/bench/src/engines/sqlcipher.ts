import { join } from 'node:path'
import Database from 'better-sqlite3-multiple-ciphers'
import { SqlEngine } from './sql-engine.ts'

/** The same schema, encrypted page by page as SQLCipher 4 does; a raw key, since nobody here derives one. */
export function sqlcipherEngine(): SqlEngine {
  return new SqlEngine({
    name: 'sqlcipher',
    open: (path) => {
      const database = new Database(join(path, 'entries.db'))
      database.pragma("cipher = 'sqlcipher'")
      database.pragma('legacy = 4')
      database.pragma(`key = "x'${'07'.repeat(32)}'"`)
      return database
    },
  })
}
