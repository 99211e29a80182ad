import { equalBytes, ForgeError } from '@forgeone/common'
import type { Operation } from '@forgeone/engine'
import { findKnownSource } from '../import/known-source.ts'
import { PrefixDigest } from '../import/prefix-digest.ts'
import type { ImportRuns } from './import-runs.ts'
import { SourceProgress, type SourceProgressHost, type StoredSource } from './source-progress.ts'

/** The bytes of a source; or a function that begins it anew, so that it can be looked at before it is read. */
export type ImportInput = AsyncIterable<Uint8Array> | (() => AsyncIterable<Uint8Array>)

/** A source as an import reads it. */
export interface IdentifiedSource {
  /** From its first byte on. @throws STREAM_SOURCE_CHANGED on the way, before anything behind `startOffset` */
  readonly chunks: AsyncIterable<Uint8Array>
  /** What lies before was stored by earlier imports. */
  readonly startOffset: number
  /** What a commit has to say of it, when everything up to an offset is in it. Offsets never decrease. */
  readonly advance: ((offset: number, commitSequence: number) => readonly Operation[]) | undefined
  /** That commit is durable. */
  readonly confirm: () => void
}

/**
 * Finds out how far a source was imported, by what it holds. One that can be opened anew is any of those that were imported under
 * the name; of one that cannot, only the newest is tried, and it is refused when it is another.
 */
export async function identifySource(
  host: SourceProgressHost & { readonly importRuns: ImportRuns },
  input: ImportInput,
  o: { readonly topic: string; readonly source: string | undefined; readonly run: string | undefined },
): Promise<IdentifiedSource> {
  const { topic, source, run } = o
  const open = typeof input === 'function' ? input : (): AsyncIterable<Uint8Array> => input
  if (source === undefined)
    return { chunks: open(), startOffset: 0, advance: undefined, confirm: () => undefined }
  const digest = new PrefixDigest()
  const read = run === undefined ? new Set<number>() : host.importRuns.readOf(`${topic}\0${source}\0${run}`)
  const progress = new SourceProgress(host, { topic, source, digest, read })
  const known = await progress.known()
  const found = typeof input === 'function' ? await findKnownSource(open(), known) : known[0]
  if (found !== undefined) progress.goOn(found)
  return {
    chunks: found === undefined ? digest.watch(open()) : checkedStart(open(), { digest, found }),
    startOffset: found?.offset ?? 0,
    advance: (offset, number) => progress.advance(offset, number),
    confirm: () => progress.confirm(),
  }
}

/** Passes chunks on; none behind the place that was reached before it is sure that what lies before is what was stored. */
async function* checkedStart(
  chunks: AsyncIterable<Uint8Array>,
  { digest, found }: { readonly digest: PrefixDigest; readonly found: StoredSource },
): AsyncGenerator<Uint8Array> {
  let isSure = false
  for await (const chunk of digest.watch(chunks)) {
    if (!isSure) {
      const reached = digest.at(Math.min(digest.bytes, found.offset))
      if (digest.bytes >= found.offset) {
        if (!equalBytes(reached, found.digest)) throw changed()
        isSure = true
      }
    }
    yield chunk
  }
  if (!isSure && found.offset > 0) throw changed()
}

function changed(): ForgeError {
  return new ForgeError('STREAM_SOURCE_CHANGED', 'the source no longer begins with what was imported from it')
}
