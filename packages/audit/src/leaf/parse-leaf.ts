/** What a leaf says; see `docs/format.md`, "Leaf". */
export interface LeafFacts {
  /** `<facility>.<verb>`. */
  readonly action: string
  /** Milliseconds since 1970, by the clock of the host. */
  readonly time: number
  /** How many milliseconds the clock had stepped back behind `time`. */
  readonly backMs?: number
  readonly deletes: number
  readonly puts: number
  /** Facts of an administrative act. */
  readonly context?: Readonly<Record<string, unknown>>
  readonly entries?: { readonly count: number; readonly root: string }
  readonly keyIds?: readonly number[]
  readonly resourceClass: string
  /** base64url of 16 bytes. */
  readonly resourceHash?: string
  readonly sequence: number
  /** Pseudonym of who acted. */
  readonly actor: string
}

type Members = Readonly<Record<string, unknown>>

/** @returns undefined when the text is not a leaf of version 1 of a ForgeOne log */
export function parseLeaf(text: string): LeafFacts | undefined {
  let leaf: unknown
  try {
    leaf = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isMembers(leaf) || leaf['v'] !== 1) return undefined
  const { act, at, back, cnt, ctx, ent, kid, res, seq, who } = leaf
  if (typeof act !== 'string' || !isCount(at) || !isCount(seq) || typeof who !== 'string') return undefined
  if (!isMembers(cnt) || !isCount(cnt['del']) || !isCount(cnt['put'])) return undefined
  if (!isMembers(res) || typeof res['c'] !== 'string') return undefined
  return {
    action: act,
    time: at,
    ...(isCount(back) ? { backMs: back } : {}),
    deletes: cnt['del'],
    puts: cnt['put'],
    ...(isMembers(ctx) ? { context: ctx } : {}),
    ...(isMembers(ent) && isCount(ent['n']) && typeof ent['root'] === 'string'
      ? { entries: { count: ent['n'], root: ent['root'] } }
      : {}),
    ...(Array.isArray(kid) && kid.every(isCount) ? { keyIds: kid } : {}),
    resourceClass: res['c'],
    ...(typeof res['h'] === 'string' ? { resourceHash: res['h'] } : {}),
    sequence: seq,
    actor: who,
  }
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
