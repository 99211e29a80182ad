/** The part of the package that the bench uses; its own types are not reachable through its exports. */
declare module 'better-sqlite3-multiple-ciphers' {
  import type { SqlDatabase } from './sql-engine.ts'

  export default class Database implements SqlDatabase {
    constructor(path: string)
    exec(sql: string): void
    pragma(text: string): unknown
    prepare(sql: string): ReturnType<SqlDatabase['prepare']>
    close(): void
  }
}
