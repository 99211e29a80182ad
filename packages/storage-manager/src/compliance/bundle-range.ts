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
