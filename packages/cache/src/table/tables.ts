import type { MetadataRecords, TableName } from './records.ts'

/** Numbers of the tables in stored keys: never changed, never used again. */
export const TABLE_NUMBERS: Readonly<Record<TableName, number>> = {
  vaults: 1,
  zones: 2,
  territories: 3,
  directories: 4,
  files: 5,
  sessions: 6,
}

export const TABLE_NAMES: readonly TableName[] = [
  'vaults',
  'zones',
  'territories',
  'directories',
  'files',
  'sessions',
]

/** Tables whose entries belong to a vault and go with it. */
export const VAULT_TABLES: readonly TableName[] = TABLE_NAMES.filter((name) => name !== 'sessions')

/** Raised when what a parser finds in the same bytes changes: entries of another version are misses. */
export const PARSER_VERSIONS: Readonly<Record<TableName, number>> = {
  vaults: 1,
  zones: 1,
  territories: 1,
  directories: 1,
  files: 1,
  sessions: 1,
}

/** Names one entry of any table. */
export interface RecordAddress {
  /** Of a session: its id. */
  readonly vaultId: string
  readonly zoneIndex?: number | undefined
  /** Empty for the root, and for tables without paths. */
  readonly path?: string | undefined
}

/** Where a record itself says that it belongs: what is found elsewhere is a miss. */
export function addressOf<Name extends TableName>(table: Name, record: MetadataRecords[Name]): RecordAddress {
  // Each table has some of these fields; the tables below have no others of these names.
  const fields: Partial<Record<'vaultId' | 'sessionId' | 'path', string>> & {
    zoneIndex?: number | undefined
  } = record
  if (table === 'sessions') return { vaultId: fields.sessionId ?? '' }
  return { vaultId: fields.vaultId ?? '', zoneIndex: fields.zoneIndex, path: fields.path }
}
