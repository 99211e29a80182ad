import { ForgeError } from '@forgeone/common'
import { parseCheckpoint, type Checkpoint } from '../checkpoint/checkpoint.ts'
import { verifyCosignature } from '../checkpoint/cosignature.ts'
import { parseDecimal } from '../format/decimal.ts'
import { parseSignatureLine } from '../note/signed-note.ts'
import type { VerifierKey } from '../note/verifier-key.ts'
import { formatAddCheckpoint, WITNESS_BODY_BYTES_MAX } from '../witness/witness-body.ts'
import type { Anchor, AnchorSource } from './anchor.ts'

/** A witness that takes longer is asked again with the next checkpoint. */
export const WITNESS_TIMEOUT_MS = 5000

export interface WitnessAnchorOptions {
  /** Its submission prefix. */
  readonly url: string
  /** Its cosignature key: other signatures are passed over. */
  readonly key: VerifierKey
}

interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** Shows each checkpoint to a witness over `add-checkpoint`, with the proof that it continues the one seen before. */
export function witnessAnchor({ url, key }: WitnessAnchorOptions): Anchor {
  const place = `${url.replace(/\/$/, '')}/add-checkpoint`
  // The first request asks: a witness answers 409 with the size it knows.
  let knownSize = 0
  return {
    kind: 'witness',
    place,
    newest: () => Promise.resolve(undefined),
    async publish(checkpoint, log) {
      const head = parseCheckpoint(checkpoint)
      if (!head.ok) throw new ForgeError(head.code, head.detail)
      const { size } = head.value
      let answer = await post(place, await requestBody({ checkpoint, size, oldSize: knownSize, log }))
      if (answer.status === 409) {
        knownSize = sizeOf(answer) ?? fail(place, 'its answer names no size')
        // The witness is ahead: somebody else runs this log, or ours was put back.
        if (knownSize > size) throw rollback(place, { knownSize, size })
        answer = await post(place, await requestBody({ checkpoint, size, oldSize: knownSize, log }))
      }
      const line = cosignatureOf(answer, { key, checkpoint: head.value, place })
      knownSize = size
      return [line]
    },
  }
}

async function requestBody(o: {
  checkpoint: string
  size: number
  oldSize: number
  log: AnchorSource
}): Promise<string> {
  const { checkpoint, size, oldSize, log } = o
  const hashes = oldSize === 0 || oldSize > size ? [] : await log.consistency(oldSize, size)
  return formatAddCheckpoint({ oldSize: Math.min(oldSize, size), hashes, checkpoint })
}

async function post(place: string, body: string): Promise<Answer> {
  try {
    const response = await fetch(place, {
      method: 'POST',
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(WITNESS_TIMEOUT_MS),
    })
    const bytes = await readLimited(response)
    return {
      status: response.status,
      contentType: response.headers.get('content-type') ?? '',
      body: bytes.toString('utf8'),
    }
  } catch (cause) {
    return fail(place, 'it cannot be reached', cause)
  }
}

async function readLimited(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > WITNESS_BODY_BYTES_MAX) throw new RangeError('the answer of the witness is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function sizeOf({ contentType, body }: Answer): number | undefined {
  return contentType.startsWith('text/x.tlog.size') ? parseDecimal(body.trimEnd()) : undefined
}

/** 403, 404 and 422 are alarms: trying again cannot help, so nobody does. */
function cosignatureOf(
  answer: Answer,
  o: { key: VerifierKey; checkpoint: Checkpoint; place: string },
): string {
  const { key, checkpoint, place } = o
  if (answer.status === 422)
    throw new ForgeError('AUDIT_FORK', `the witness ${place} knows another history of this log`, {
      details: { kind: 'witness', status: 422 },
    })
  if (answer.status === 403) fail(place, 'it does not trust the key of this log')
  if (answer.status === 404) fail(place, 'it does not know this log')
  if (answer.status !== 200) fail(place, `it answered ${answer.status}`)
  for (const line of answer.body.split('\n')) {
    const signature = parseSignatureLine(line)
    if (signature === undefined || signature.name !== key.name || signature.keyId !== key.keyId) continue
    if (verifyCosignature({ key, checkpoint, cosignature: signature.signature }) !== undefined) return line
  }
  return fail(place, 'its answer holds no valid cosignature of its key')
}

function rollback(place: string, { knownSize, size }: { knownSize: number; size: number }): ForgeError {
  return new ForgeError(
    'AUDIT_ROLLBACK',
    `the witness ${place} has seen ${knownSize} leaves, the log has ${size}`,
    {
      details: { kind: 'witness', anchored: knownSize, size },
    },
  )
}

function fail(place: string, reason: string, cause?: unknown): never {
  throw new ForgeError('AUDIT_ANCHOR_FAILED', `the witness ${place} failed: ${reason}`, {
    cause,
    details: { kind: 'witness' },
  })
}
