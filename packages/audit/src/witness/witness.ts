/** The witness side of `add-checkpoint`: c2sp.org/tlog-witness, and its cosignatures: c2sp.org/tlog-cosignature. */
import type { Clock } from '@forgeone/common'
import type { Signer } from '@forgeone/crypto'
import { EMPTY_ROOT, equalHashes, verifyConsistencyProof } from '@forgeone/merkle'
import { parseCheckpoint, type Checkpoint } from '../checkpoint/checkpoint.ts'
import { cosignedMessage, joinCosignature } from '../checkpoint/cosignature.ts'
import { formatSignatureLine } from '../note/signed-note.ts'
import { SIGNATURE_TYPE_COSIGNATURE, verifierKey, type VerifierKey } from '../note/verifier-key.ts'
import type { Policy } from '../policy/policy.ts'
import { verifyCheckpoint } from '../policy/verify-checkpoint.ts'
import { parseAddCheckpoint, type AddCheckpointRequest } from './witness-body.ts'
import type { WitnessState } from './witness-state.ts'

export interface WitnessOptions {
  /** Its logs are those that the witness knows. */
  readonly policy: Policy
  /** Name of the cosigning key, such as `witness.example.com/w1`. */
  readonly name: string
  readonly signer: Signer
  readonly state: WitnessState
  readonly clock: Clock
}

/** What goes back over HTTP. */
export interface WitnessResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Witness {
  /** Of type 4: what policies name it by. */
  readonly verifierKey: VerifierKey
  addCheckpoint(body: string): Promise<WitnessResponse>
  /** The last cosigned checkpoint of an origin, for monitors. */
  checkpoint(origin: string): Promise<string | undefined>
}

/** Cosigns checkpoints of known logs that continue what it cosigned before, and remembers them first. */
export function createWitness(options: WitnessOptions): Witness {
  return new CheckpointWitness(options)
}

class CheckpointWitness implements Witness {
  readonly verifierKey: VerifierKey
  readonly #options: WitnessOptions
  /** The last request of each origin: the next waits for it, so that nobody sees a size that is about to change. */
  readonly #underWay = new Map<string, Promise<unknown>>()

  constructor(options: WitnessOptions) {
    this.#options = options
    const { name, signer } = options
    this.verifierKey = verifierKey({
      name,
      publicKey: signer.publicKey,
      type: SIGNATURE_TYPE_COSIGNATURE,
    })
  }

  async checkpoint(origin: string): Promise<string | undefined> {
    return await this.#options.state.read(origin)
  }

  async addCheckpoint(body: string): Promise<WitnessResponse> {
    const request = parseAddCheckpoint(body)
    if (request === undefined) return refusal(400, 'the request is malformed')
    const parsed = parseCheckpoint(request.checkpoint)
    if (!parsed.ok) return refusal(400, 'the checkpoint is malformed')
    const { origin, size, root } = parsed.value
    const logs = this.#options.policy.logs.filter((log) => log.origin === origin)
    if (logs.length === 0) return refusal(404, 'the origin is unknown')
    if (size === 0 && !equalHashes(root, EMPTY_ROOT))
      return refusal(422, 'the root is not that of the empty tree')
    const trusted = verifyCheckpoint(request.checkpoint, {
      logs,
      witnesses: [],
      groups: [],
      quorum: undefined,
    })
    if (!trusted.ok) return refusal(403, 'no trusted key has signed the checkpoint')
    if (request.oldSize > size) return refusal(400, 'the old size is above the size')
    const before = this.#underWay.get(origin) ?? Promise.resolve()
    const keys = logs.map(({ key }) => key)
    const turn = before.then(() => this.#cosign(request, parsed.value, keys))
    const settled = turn.catch(() => undefined)
    this.#underWay.set(origin, settled)
    try {
      return await turn
    } finally {
      if (this.#underWay.get(origin) === settled) this.#underWay.delete(origin)
    }
  }

  /** Only one call an origin at a time. */
  async #cosign(
    { oldSize, hashes }: AddCheckpointRequest,
    checkpoint: Checkpoint,
    keys: readonly VerifierKey[],
  ): Promise<WitnessResponse> {
    const { origin, size, root, note } = checkpoint
    const { state, signer, name, clock } = this.#options
    const stored = await state.read(origin)
    const last = stored === undefined ? undefined : parseCheckpoint(stored)
    if (last?.ok === false) return refusal(500, 'the state of the witness is damaged')
    const lastSize = last?.value.size ?? 0
    if (oldSize !== lastSize)
      return { status: 409, headers: { 'Content-Type': 'text/x.tlog.size' }, body: `${lastSize}\n` }
    const continues =
      lastSize === 0
        ? hashes.length === 0
        : verifyConsistencyProof({ older: last!.value, newer: { size, root }, hashes })
    if (!continues) return refusal(422, 'the checkpoint does not continue the last one')
    const seconds = BigInt(Math.floor(clock.now() / 1000))
    const signature = joinCosignature({
      seconds,
      signature: signer.sign(cosignedMessage({ text: note.text, seconds })),
    })
    const line = formatSignatureLine({ name, keyId: this.verifierKey.keyId, signature })
    // Monitors are given what was verified; signatures of others would only fill the note.
    const logLines = note.signatures
      .filter((one) => keys.some((key) => key.name === one.name && key.keyId === one.keyId))
      .map(formatSignatureLine)
    // Remembered before anybody has the cosignature: a crash in between forgets nothing that was said.
    await state.write(origin, `${note.text}\n${logLines.join('')}${line}`)
    return { status: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: line }
  }
}

function refusal(status: number, reason: string): WitnessResponse {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: `${reason}\n` }
}
