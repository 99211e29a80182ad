/** Leaves of a bundle: they are in it, so that it can be checked without the store. */
export const BUNDLE_LEAVES_MAX = 1_000_000

/** What a bundle is about. */
export interface BundleRange {
  /** Milliseconds since 1970, `to` exclusive. */
  readonly from: number
  readonly to: number
  /** Leaves `begin` to `end` - 1 are those of the period. */
  readonly begin: number
  readonly end: number
  /** The first leaf in the bundle: that before the period, which shows where it begins. */
  readonly first: number
  /** Size of the signed tree. */
  readonly size: number
  readonly origin: string
}
