/** Entries of tiles have at most 65,535 bytes: c2sp.org/tlog-tiles, "Log entries". */
export const LEAF_CHARACTERS_MAX = 65_535
