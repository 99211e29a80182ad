import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SqlEngine } from './sql-engine.ts'

export function sqliteEngine(): SqlEngine {
  return new SqlEngine({ name: 'sqlite', open: (path) => new DatabaseSync(join(path, 'entries.db')) })
}
