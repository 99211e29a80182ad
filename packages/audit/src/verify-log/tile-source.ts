/** Reads files of a log in tlog-tiles layout: an exported or foreign directory, a web server, or a store. */
export interface TileSource {
  /** @param path such as `checkpoint` or `tile/0/x001/234.p/7` @returns undefined when there is none */
  read(path: string): Promise<Uint8Array | undefined>
}
