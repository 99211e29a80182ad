import { ForgeError, utf8Encode, type Clock, type Timer } from '@forgeone/common'
import type { Signer } from '@forgeone/crypto'
import { consistencyRanges, verifyConsistencyProof } from '@forgeone/merkle'
import { formatTreeHead, type TreeHead } from '../checkpoint/checkpoint.ts'
import { formatNote, type NoteSignature } from '../note/signed-note.ts'
import { verifierKey, type VerifierKey } from '../note/verifier-key.ts'
import type { LogReader } from './log-reader.ts'
import type { StoredCheckpoint, StoredCheckpoints } from './stored-checkpoints.ts'

/** At most 20 notes a second: every one stays in the database. */
export const SIGNING_INTERVAL_MS_MIN = 50

/** One key that signs, with its public side. */
interface SigningKey {
  readonly signer: Signer
  readonly key: VerifierKey
}

/** Signs tree heads of one origin: never one that is inconsistent with what was signed before. */
export class LogSigner {
  readonly origin: string
  readonly #clock: Clock
  readonly #timer: Pick<Timer, 'every' | 'pause'>
  #keys: readonly SigningKey[]
  #signedAtMs = Number.NEGATIVE_INFINITY

  constructor(o: {
    origin: string
    signers: readonly Signer[]
    clock: Clock
    timer: Pick<Timer, 'every' | 'pause'>
  }) {
    this.origin = o.origin
    this.#clock = o.clock
    this.#timer = o.timer
    this.#keys = this.#signingKeys(o.signers)
  }

  /** Keys that sign, the newest first. */
  get keys(): readonly VerifierKey[] {
    return this.#keys.map(({ key }) => key)
  }

  /** From now on these keys sign, and no others; the newest first. */
  use(signers: readonly Signer[]): void {
    this.#keys = this.#signingKeys(signers)
  }

  /** What verifiers know a key of this log by. */
  verifierKeyOf({ publicKey }: Signer): VerifierKey {
    return verifierKey({ name: this.origin, publicKey })
  }

  /** Whether a note is of this origin and every key of ours has signed it. */
  hasSigned({ origin, note }: StoredCheckpoint): boolean {
    if (origin !== this.origin || this.#keys.length === 0) return false
    return this.#keys.every(({ key }) =>
      note.signatures.some(({ name, keyId }) => name === key.name && keyId === key.keyId),
    )
  }

  /**
   * Proves the head to continue the last note of the log, signs it and stores it durably.
   * @returns the note @throws AUDIT_SIGNER_MISSING, AUDIT_ROLLBACK, AUDIT_DIVERGED
   */
  async sign(
    { size, root }: Omit<TreeHead, 'origin'>,
    o: { last: StoredCheckpoint | undefined; reader: LogReader; checkpoints: StoredCheckpoints },
  ): Promise<string> {
    if (this.#keys.length === 0)
      throw new ForgeError('AUDIT_SIGNER_MISSING', 'the audit log was opened without a signing key')
    if (o.last !== undefined) await checkContinues({ size, root }, o.last, o.reader)
    await this.#keepRate()
    const text = formatTreeHead({ origin: this.origin, size, root })
    const message = utf8Encode(text)
    const signatures = this.#keys.map(({ signer, key }): NoteSignature => {
      return { name: key.name, keyId: key.keyId, signature: signer.sign(message) }
    })
    const note = formatNote({ text, signatures })
    await o.checkpoints.write(size, note)
    return note
  }

  async #keepRate(): Promise<void> {
    const waitMs = this.#signedAtMs + SIGNING_INTERVAL_MS_MIN - this.#clock.monotonicMs()
    if (waitMs > 0) await this.#timer.pause(waitMs)
    this.#signedAtMs = this.#clock.monotonicMs()
  }

  #signingKeys(signers: readonly Signer[]): readonly SigningKey[] {
    return signers.map((signer) => ({ signer, key: this.verifierKeyOf(signer) }))
  }
}

/** @throws AUDIT_ROLLBACK, AUDIT_DIVERGED */
async function checkContinues(
  { size, root }: Omit<TreeHead, 'origin'>,
  last: StoredCheckpoint,
  reader: LogReader,
): Promise<void> {
  if (last.size > size)
    throw new ForgeError(
      'AUDIT_ROLLBACK',
      `a checkpoint of ${last.size} leaves was signed; the log has ${size}`,
      {
        details: { signed: last.size, size },
      },
    )
  if (last.size === 0) return
  const hashes = await reader.hashesOf(consistencyRanges({ older: last.size, newer: size }), size)
  if (verifyConsistencyProof({ older: last, newer: { size, root }, hashes })) return
  throw new ForgeError('AUDIT_DIVERGED', `the log does not continue its checkpoint of ${last.size} leaves`, {
    details: { size: last.size },
  })
}
