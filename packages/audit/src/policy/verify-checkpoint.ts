import { EMPTY_ROOT, equalHashes } from '@forgeone/merkle'
import { parseCheckpoint, type Checkpoint } from '../checkpoint/checkpoint.ts'
import { verifyCosignature } from '../checkpoint/cosignature.ts'
import { utf8Encode } from '../format/bytes.ts'
import { parsed, refuse, type Parsed } from '../format/refusal.ts'
import { canVerify, SIGNATURE_TYPE_ED25519, verifySignature, type VerifierKey } from '../note/verifier-key.ts'
import type { NoteSignature } from '../note/signed-note.ts'
import { meetsQuorum, type Policy } from './policy.ts'

/** A witness whose cosignature is valid. */
export interface SeenWitness {
  /** Its name in the policy. */
  readonly name: string
  /** When it cosigned: seconds since 1970, by its own clock. */
  readonly seconds: number
}

/** A checkpoint that the policy believes. */
export interface TrustedCheckpoint extends Checkpoint {
  readonly witnesses: readonly SeenWitness[]
}

/**
 * Parses a checkpoint and verifies every signature of a key that the policy knows; others are passed over.
 * Refused with `NOTE_FORMAT`, `NOTE_UNTRUSTED`, `NOTE_SIGNATURE` (a known key, a wrong signature) or `QUORUM_MISSED`.
 */
export function verifyCheckpoint(note: string, policy: Policy): Parsed<TrustedCheckpoint> {
  const checkpoint = parseCheckpoint(note)
  if (!checkpoint.ok) return checkpoint
  const { origin, size, root, note: signed } = checkpoint.value
  if (size === 0 && !equalHashes(root, EMPTY_ROOT))
    return refuse('NOTE_FORMAT', 'a tree without leaves has another root than the empty tree')
  const logs = policy.logs.filter((log) => log.origin === origin)
  if (logs.length === 0)
    return refuse('NOTE_UNTRUSTED', 'the policy does not know the origin of the checkpoint')
  let isSigned = false
  const witnesses = new Map<string, SeenWitness>()
  for (const signature of signed.signatures) {
    for (const { key } of logs.filter((log) => isOf(signature, log.key))) {
      if (secondsOf(key, checkpoint.value, signature) === undefined)
        return refuse('NOTE_SIGNATURE', 'the signature of the log is wrong')
      isSigned = true
    }
    for (const { name, key } of policy.witnesses.filter((witness) => isOf(signature, witness.key))) {
      const seconds = secondsOf(key, checkpoint.value, signature)
      if (seconds === undefined)
        return refuse('NOTE_SIGNATURE', `the cosignature of witness ${name} is wrong`)
      witnesses.set(name, { name, seconds: Number(seconds) })
    }
  }
  if (!isSigned) return refuse('NOTE_UNTRUSTED', 'no log key of the policy has signed the checkpoint')
  if (!meetsQuorum(policy, new Set(witnesses.keys())))
    return refuse('QUORUM_MISSED', `${witnesses.size} witnesses have cosigned, which is not the quorum`)
  return parsed({ ...checkpoint.value, witnesses: [...witnesses.values()] })
}

/** Signatures of kinds that we cannot verify are passed over like those of unknown keys. */
function isOf({ name, keyId }: NoteSignature, key: VerifierKey): boolean {
  return key.name === name && key.keyId === keyId && canVerify(key)
}

/** @returns the time that the signature states, 0 when its kind states none; undefined when it is wrong */
function secondsOf(
  key: VerifierKey,
  checkpoint: Checkpoint,
  { signature }: NoteSignature,
): bigint | undefined {
  if (key.type !== SIGNATURE_TYPE_ED25519)
    return verifyCosignature({ key, checkpoint, cosignature: signature })
  const message = utf8Encode(checkpoint.note.text)
  return verifySignature({ key, message, signature }) ? 0n : undefined
}
