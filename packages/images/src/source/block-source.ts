/**
 * The bytes of an image. Reads are positional, may run at the same time and change nothing. A read that goes beyond
 * the end fails with IMAGE_TRUNCATED and one above 16 MiB with IMAGE_LIMIT, before anything is allocated. Bytes
 * returned are borrowed: they may be shared with later reads and must not be changed.
 */
export interface BlockSource {
  readonly size: number
  read(offset: number, length: number): Promise<Uint8Array>
  close(): Promise<void>
}
