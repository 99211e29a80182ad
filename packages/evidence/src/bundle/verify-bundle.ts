import { createHash } from 'node:crypto'
import { parseLeaf, type AuditEntry } from '@forgeone/audit'
import { policyOfKey, verifyCheckpoint, type VerifierKey } from '@forgeone/audit/verify'
import { equalBytes, isForgeError, utf8Encode } from '@forgeone/common'
import { z } from 'zod'
import {
  BUNDLE_FORMAT,
  BUNDLE_VERSION,
  derivedFiles,
  manifestText,
  PREDICATE_TYPE,
  STATEMENT_NAME,
  STATEMENT_TYPE,
} from './bundle-files.ts'
import { BUNDLE_LEAVES_MAX, type BundleRange } from '../report/bundle-range.ts'
import { verifyDsse } from '../signed/dsse.ts'
import { rootBehind } from './leaf-range.ts'
import { BUNDLE_FILES_MAX, readBundleFiles } from './read-bundle-files.ts'
import { readVerifierKeys } from '../signed/verifier-keys.ts'

export interface BundleVerdict {
  readonly ok: boolean
  /** Every problem found, with the file it is in. */
  readonly problems: readonly { readonly file: string; readonly problem: string }[]
  readonly origin: string | undefined
  /** Leaves that were recomputed into the signed root. */
  readonly leaves: number
  /** Whether the key came from the caller, and not from the bundle itself. */
  readonly trusted: boolean
}

const manifestSchema = z.strictObject({
  format: z.literal(BUNDLE_FORMAT),
  version: z.literal(BUNDLE_VERSION),
  from: z.int().min(0),
  to: z.int().min(0),
  begin: z.int().min(0),
  end: z.int().min(0),
  first: z.int().min(0),
  size: z.int().min(0),
  origin: z.string(),
})
const statementSchema = z.object({
  predicateType: z.literal(PREDICATE_TYPE),
  subject: z
    .array(z.object({ name: z.string(), digest: z.object({ sha256: z.string() }) }))
    .max(BUNDLE_FILES_MAX),
})

/**
 * Checks an evidence bundle with nothing but its files and a key: its signature, every file's digest, that its leaves are
 * all the leaves of the period under the signed root, and that the evidence follows from them.
 * @param o.vkey the verifier key of the store, from elsewhere; without it the bundle's own is used, which only shows that
 *   the bundle belongs together
 * @throws BUNDLE_INVALID when there is no bundle to check, or one beyond its limits; INPUT_NOT_FOUND, INPUT_UNREADABLE
 */
export async function verifyBundle(o: {
  readonly directory: string
  readonly vkey?: string
}): Promise<BundleVerdict> {
  const files = await readBundleFiles(o.directory)
  const check = new BundleCheck(files, o.vkey)
  return check.run()
}

class BundleCheck {
  readonly #files: ReadonlyMap<string, Uint8Array>
  readonly #vkey: string | undefined
  readonly #problems: { file: string; problem: string }[] = []
  #leaves = 0

  constructor(files: ReadonlyMap<string, Uint8Array>, vkey: string | undefined) {
    this.#files = files
    this.#vkey = vkey
  }

  run(): BundleVerdict {
    const keys = this.#keys()
    this.#checkStatement(keys)
    const range = this.#range()
    if (range !== undefined) this.#checkLeaves(range, keys)
    return {
      ok: this.#problems.length === 0,
      problems: this.#problems,
      origin: range?.origin,
      leaves: this.#leaves,
      trusted: this.#vkey !== undefined,
    }
  }

  #keys(): readonly VerifierKey[] {
    const keys = readVerifierKeys(this.#vkey ?? this.#text('vkey') ?? '')
    if (keys.length === 0) this.#note('vkey', 'there is no readable verifier key')
    return keys
  }

  #checkStatement(keys: readonly VerifierKey[]): void {
    const signed = this.#text(STATEMENT_NAME)
    if (signed === undefined) return
    try {
      const publicKeys = keys.map(({ publicKey }) => publicKey)
      const statement = statementSchema.safeParse(
        verifyDsse(signed, { payloadType: STATEMENT_TYPE, publicKeys }),
      )
      if (!statement.success) return this.#note(STATEMENT_NAME, 'it is no statement about evidence')
      const digests = new Map(statement.data.subject.map(({ name, digest }) => [name, digest.sha256]))
      for (const [name, content] of this.#files) {
        if (name === STATEMENT_NAME) continue
        const expected = digests.get(name)
        if (expected === undefined) this.#note(name, 'the statement does not name it')
        else if (createHash('sha256').update(content).digest('hex') !== expected)
          this.#note(name, 'it was changed')
      }
      for (const name of digests.keys()) if (!this.#files.has(name)) this.#note(name, 'it is missing')
    } catch (error) {
      if (!isForgeError(error, 'BUNDLE_INVALID')) throw error
      this.#note(STATEMENT_NAME, error.message)
    }
  }

  #range(): BundleRange | undefined {
    const manifest = this.#text('manifest.json')
    if (manifest === undefined) return undefined
    const parsed = manifestSchema.safeParse(jsonOf(manifest))
    if (!parsed.success) {
      this.#note('manifest.json', 'it is no manifest of this version')
      return undefined
    }
    const { format: _format, version: _version, ...range } = parsed.data
    const { first, begin, end, size } = range
    const ordered =
      first === Math.max(0, begin - 1) && begin <= end && end <= size && size - first <= BUNDLE_LEAVES_MAX
    if (ordered && manifestText(range) === manifest) return range
    this.#note('manifest.json', 'its range is impossible')
    return undefined
  }

  #checkLeaves(range: BundleRange, keys: readonly VerifierKey[]): void {
    const lines = (this.#text('leaves.ndjson') ?? '').split('\n').slice(0, -1)
    if (lines.length !== range.size - range.first) {
      return this.#note(
        'leaves.ndjson',
        `${range.size - range.first} leaves are expected, ${lines.length} are there`,
      )
    }
    const root = this.#rootOf(range, lines)
    if (root === undefined) return
    const note = this.#text('checkpoint') ?? ''
    const verdicts = keys.map((key) => verifyCheckpoint(note, policyOfKey(key)))
    const good = verdicts.find((verdict) => verdict.ok)
    if (good === undefined) return this.#note('checkpoint', 'no trusted key has signed it')
    const { size, root: signedRoot, origin } = good.value
    if (size !== range.size || origin !== range.origin)
      return this.#note('checkpoint', 'it is of another tree than the manifest')
    if (!equalBytes(root, signedRoot))
      return this.#note('leaves.ndjson', 'its leaves do not give the signed root')
    this.#leaves = lines.length
    this.#checkDerived(range, lines)
  }

  #rootOf(range: BundleRange, lines: readonly string[]): Uint8Array | undefined {
    const peaks = z
      .array(z.base64())
      .max(64)
      .safeParse(jsonOf(this.#text('proofs/peaks.json') ?? ''))
    try {
      if (!peaks.success) throw new RangeError('it is no list of hashes')
      const hashes = peaks.data.map((hash) => new Uint8Array(Buffer.from(hash, 'base64')))
      return rootBehind({ size: range.first, peaks: hashes, leaves: lines })
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.#note('proofs/peaks.json', error.message)
      return undefined
    }
  }

  /** What the leaves say must be what the evidence says. */
  #checkDerived(range: BundleRange, lines: readonly string[]): void {
    const entries: AuditEntry[] = []
    for (const [position, leaf] of lines.entries()) {
      const index = range.first + position
      const facts = parseLeaf(leaf)
      if (facts === undefined) return this.#note('leaves.ndjson', `leaf ${index} is none of a store`)
      const inPeriod = facts.time >= range.from && facts.time < range.to
      if (inPeriod !== (index >= range.begin && index < range.end))
        return this.#note('manifest.json', `leaf ${index} does not fit the period`)
      if (inPeriod) entries.push({ index, leaf, facts })
    }
    for (const [name, content] of derivedFiles(range, entries)) {
      const found = this.#files.get(name)
      if (found === undefined) this.#note(name, 'it is missing')
      else if (!equalBytes(found, utf8Encode(content))) this.#note(name, 'it does not follow from the leaves')
    }
  }

  #text(name: string): string | undefined {
    const bytes = this.#files.get(name)
    if (bytes !== undefined) return Buffer.from(bytes).toString('utf8')
    this.#note(name, 'it is missing')
    return undefined
  }

  #note(file: string, problem: string): void {
    const known = this.#problems.some((each) => each.file === file && each.problem === problem)
    if (!known) this.#problems.push({ file, problem })
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
