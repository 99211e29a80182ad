/** One partition; an image without a table is one zone of type `whole`. */
export interface Zone {
  readonly index: number
  /** `0x0c FAT32 (LBA)` for MBR, the GUID and its name for GPT. */
  readonly zoneType: string
  readonly offset: number
  readonly length: number
  /** Name of a GPT partition. */
  readonly name?: string | undefined
}

/** What was noticed: reported, never corrected. */
export type ZoneFinding =
  | 'backup-used'
  | 'backup-damaged'
  | 'table-damaged'
  | 'chain-cut'
  | 'overlap'
  | 'beyond-end'
  | 'too-many-zones'

/** The partition table of an image. */
export interface ZoneTable {
  readonly tableType: 'MBR' | 'GPT' | 'None'
  readonly sectorBytes: number
  readonly zones: readonly Zone[]
  readonly findings: readonly ZoneFinding[]
}
