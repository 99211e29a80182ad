/** Entry bundles: c2sp.org/tlog-tiles, "Log entries": each entry behind its length as u16, big-endian. */
export const LENGTH_BYTES = 2

/**
 * The entries of a bundle, as views of it.
 * @returns undefined when lengths and bytes do not add up
 */
export function splitEntries(bundle: Uint8Array): readonly Uint8Array[] | undefined {
  const entries: Uint8Array[] = []
  let at = 0
  while (at < bundle.length) {
    if (bundle.length - at < LENGTH_BYTES) return undefined
    const length = bundle[at]! * 256 + bundle[at + 1]!
    const start = at + LENGTH_BYTES
    at = start + length
    if (at > bundle.length) return undefined
    entries.push(bundle.subarray(start, at))
  }
  return entries
}
