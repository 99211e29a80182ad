import { z } from 'zod'
import type { MetadataRecords, TableName } from './records.ts'

/** As {@link MetadataRecords} says; sizes beyond 2^53 are refused, for a double would round them. */
const size = z.int().min(0)
const time = z.int().min(-8.64e15).max(8.64e15)
const zoneIndex = z.int().min(0).max(0xffff_ffff).optional()
const attributes = z.int().min(0).max(0xffff_ffff)
const identifier = z.string().min(1).max(4096)
const path = z.string().max(4096)
const digest = (bytes: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`))
    .optional()
const digests = { md5: digest(16), sha1: digest(20) }

const zone = z.strictObject({
  index: z.int().min(0),
  zoneType: z.string(),
  offset: size,
  length: size,
  territoryType: z.string().optional(),
})

const occupant = z.strictObject({
  name: z.string(),
  isDirectory: z.boolean(),
  size,
  created: time.optional(),
  modified: time.optional(),
  attributes,
})

const schemas = {
  vaults: z.strictObject({
    vaultId: identifier,
    filePath: z.string(),
    vaultType: z.string(),
    size,
    ...digests,
    cachedAt: time,
    lastAccessed: time,
  }),
  zones: z.strictObject({
    vaultId: identifier,
    tableType: z.enum(['MBR', 'GPT', 'None']),
    zones: z.array(zone),
    cachedAt: time,
  }),
  territories: z.strictObject({
    vaultId: identifier,
    zoneIndex,
    territoryType: z.string(),
    banner: z.string(),
    domainSize: size,
    liberatedSpace: size,
    blockSize: size,
    hierarchical: z.boolean(),
    cachedAt: time,
  }),
  directories: z.strictObject({
    vaultId: identifier,
    zoneIndex,
    path,
    occupants: z.array(occupant),
    cachedAt: time,
  }),
  files: z.strictObject({
    vaultId: identifier,
    zoneIndex,
    path,
    name: z.string(),
    size,
    created: time.optional(),
    modified: time.optional(),
    attributes,
    ...digests,
    sha256: digest(32),
    cachedAt: time,
  }),
  sessions: z.strictObject({
    sessionId: identifier,
    currentVaultId: identifier.optional(),
    currentZoneIndex: zoneIndex,
    currentPath: path,
    createdAt: time,
    lastAccessed: time,
  }),
}

/** How the records of one table are checked, and the order in which their fields are stored. */
export interface RecordSchema<R> {
  readonly schema: z.ZodType<R>
  readonly fields: readonly string[]
}

export const RECORD_SCHEMAS: { readonly [Name in TableName]: RecordSchema<MetadataRecords[Name]> } = {
  vaults: described(schemas.vaults),
  zones: described(schemas.zones),
  territories: described(schemas.territories),
  directories: described(schemas.directories),
  files: described(schemas.files),
  sessions: described(schemas.sessions),
}

function described<R>(schema: z.ZodType<R> & { readonly shape: object }): RecordSchema<R> {
  return { schema, fields: Object.keys(schema.shape) }
}
