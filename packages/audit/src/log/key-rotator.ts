import { ForgeError } from '@forgeone/common'
import type { VerifierKey } from '../note/verifier-key.ts'
import type { AuditAct, SigningKeys } from './audit-log-options.ts'
import type { LogSigner } from './log-signer.ts'

/** Puts new signing keys in force, one after the other. */
export class KeyRotator {
  readonly #options: KeyRotatorOptions
  #underWay: Promise<unknown> = Promise.resolve()

  constructor(options: KeyRotatorOptions) {
    this.#options = options
  }

  /** @see AuditLog.rotateKey */
  rotate(): Promise<VerifierKey> {
    // Two at once would announce one key and put two in force.
    const rotated = this.#underWay.then(async () => await this.#rotate())
    this.#underWay = rotated.catch(() => undefined)
    return rotated
  }

  async #rotate(): Promise<VerifierKey> {
    const { keys, signer, record, checkpoint, refusal } = this.#options
    const refused = refusal()
    // Before a key is made: nothing is to change where nothing is signed.
    if (refused !== undefined) throw refused
    const [old] = signer.keys
    if (keys === undefined || old === undefined)
      throw new ForgeError(
        'AUDIT_SIGNER_MISSING',
        'the audit log was opened without keys that it could rotate',
      )
    const { text: to } = signer.verifierKeyOf(await keys.prepare())
    await record({ action: 'audit.key-changed', facts: { from: old.text, to } })
    await checkpoint()
    signer.use(await keys.promote())
    return signer.keys[0]!
  }
}

export interface KeyRotatorOptions {
  readonly signer: LogSigner
  readonly keys: SigningKeys | undefined
  readonly record: (act: AuditAct) => Promise<void>
  /** Signs with the keys that are in force. */
  readonly checkpoint: () => Promise<unknown>
  /** Why nothing is signed; undefined while all is well. */
  readonly refusal: () => ForgeError | undefined
}
