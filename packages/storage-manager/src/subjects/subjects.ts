import { createHash } from 'node:crypto'
import type { Receipt } from '@forgeone/audit'
import {
  eventLoopTurn,
  canonicalJson,
  copyBytes,
  ForgeError,
  isForgeError,
  readArgument,
  toHex,
  utf8Encode,
  type Clock,
  type Random,
  refuseOtherMembers,
  isBytes,
} from '@forgeone/common'
import { SEAL_BYTES_MAX, type ErasureRecord, type ShredKeys, type Signer } from '@forgeone/crypto'
import { checkAct, type CommitPlace, type Operation, type Store } from '@forgeone/engine'
import {
  signDsse,
  type DsseEnvelope,
  certificateOf,
  CERTIFICATE_TYPE,
  digestOfCertificate,
  type ErasureCertificate,
} from '@forgeone/evidence'
import {
  decodeDone,
  decodePending,
  encodeDone,
  encodePending,
  type DoneErasure,
  type PendingErasure,
} from './erasure-row.ts'
import { SUBJECT_ACTS } from './subject-acts.ts'
import { erasureRequest, holdReason, joinedNames, subjectName } from './subject-name.ts'

export const SUBJECTS_KEYSPACE = 0x15
const ENVELOPE = /^fs1\.([A-Za-z0-9_-]+)$/
const PLACE = [utf8Encode('subject'), utf8Encode('value')]
const ERASURE_ID_BYTES = 16
/** An erasure that comes between finding a key and sealing under it makes the next attempt take a new key. */
const SEAL_ATTEMPTS_MAX = 8

export interface SubjectsOptions {
  readonly store: Store
  readonly database: string
  readonly shredKeys: () => Promise<ShredKeys>
  readonly signers: () => readonly Signer[]
  /** @returns undefined where there is no audit log to prove anything */
  readonly receiptOf: (sequence: number) => Promise<Receipt | undefined>
  /** Rows for a commit that keys were changed for: they tell how far the keys have come. */
  readonly alongsideKeys: () => readonly Operation[]
  readonly clock: Clock
  readonly random: Random
}

/** What an erasure leaves: the certificate, signed, and the commit that tells of it. */
export interface SubjectErasure {
  readonly certificate: ErasureCertificate
  readonly envelope: DsseEnvelope
}

/**
 * Data of persons, sealed under a key of each: erasing the key makes it unreadable wherever it lies, in events, settings,
 * files and backups. Names are taken in NFC.
 */
export class Subjects {
  readonly #options: SubjectsOptions
  /** One erasure after the other: two of one request are one. */
  #erasing: Promise<unknown> = Promise.resolve()

  constructor(options: SubjectsOptions) {
    this.#options = options
  }

  /**
   * Seals a value for a subject, as text that can stand in any payload. The first value of a subject
   * is a commit: from then on its key cannot be taken away unnoticed.
   * @throws SUBJECT_INVALID, CRYPTO_VALUE_TOO_LARGE, SHRED_KEYS_TAMPERED
   */
  async seal(subject: string, value: Uint8Array | string): Promise<string> {
    const owner = ownerOf(subjectName(subject))
    const bytes = valueBytes(value)
    const keys = await this.#options.shredKeys()
    for (let attempt = 1; ; attempt++) {
      const [ref = await this.#newKey(keys, owner)] = await keys.ofOwner(owner)
      try {
        const sealed = await keys.seal(ref, { place: PLACE, value: bytes })
        return `fs1.${Buffer.from(sealed).toString('base64url')}`
      } catch (error) {
        if (attempt >= SEAL_ATTEMPTS_MAX || !isForgeError(error, 'CRYPTO_KEY_DESTROYED')) throw error
      }
    }
  }

  /** @throws CRYPTO_KEY_DESTROYED when the subject was erased, CRYPTO_FORMAT, CRYPTO_OPEN_FAILED, SHRED_KEYS_TAMPERED */
  async open(envelope: string): Promise<Uint8Array> {
    const match = typeof envelope === 'string' ? ENVELOPE.exec(envelope) : null
    if (match === null) throw new ForgeError('CRYPTO_FORMAT', 'the text is no value sealed for a subject')
    const keys = await this.#options.shredKeys()
    await eventLoopTurn.giveWay()
    const sealed = new Uint8Array(Buffer.from(match[1]!, 'base64url'))
    return await keys.open({ place: PLACE, sealed })
  }

  /** Keeps a subject from being erased, for a legal reason. @throws SUBJECT_INVALID */
  async hold(subject: string, options: { readonly reason: string }): Promise<void> {
    // The reason may name somebody: it lies sealed in the row, and never in a leaf.
    const row = this.#put(this.#key('h', subjectName(subject)), utf8Encode(holdReason(options)))
    await this.#commit('subject.held', {}, () => [row])
  }

  /** @throws SUBJECT_INVALID */
  async release(subject: string): Promise<void> {
    const key = this.#key('h', subjectName(subject))
    await this.#commit('subject.released', {}, () => [this.#delete(key)])
  }

  /**
   * Erases a subject: none of its values can be opened again. The same request for the same subject gives the same certificate.
   * A commit tells of the request before anything is destroyed, and one of the erasure after it.
   * @throws SUBJECT_INVALID, SUBJECT_UNKNOWN when nothing is sealed for the subject, ERASE_HELD, SHRED_KEYS_TAMPERED,
   *   IO_FAILED; what was begun is finished at the next opening, or by asking again
   */
  async erase(
    subject: string,
    options: { readonly requestId?: string | undefined } = {},
  ): Promise<SubjectErasure> {
    const name = subjectName(subject)
    refuseOtherMembers(options, { code: 'SUBJECT_INVALID', names: ['requestId'] })
    const given: unknown = readArgument('SUBJECT_INVALID', () => Object(options).requestId)
    // Checked by the function that narrows it.
    const requestId = given === undefined ? undefined : erasureRequest(given as string)
    const run = this.#erasing.then(() => this.#erase(name, requestId))
    this.#erasing = run.catch(() => undefined)
    return await run
  }

  async #erase(subject: string, given: string | undefined): Promise<SubjectErasure> {
    const pending = await this.#pending(subject)
    if (pending !== undefined && pending.requestId !== given) {
      // Begun before, and told of: it is finished first, so that no erasure is without its certificate.
      const finished = await this.#carryOut(subject, pending)
      if (given === undefined) return finished
    }
    const requestId = given ?? toHex(this.#options.random.bytes(16))
    const known = await this.#done(requestId, subject)
    if (known !== undefined) return await this.#proven(known, this.#doneKey(requestId, subject))
    return await this.#carryOut(subject, await this.#begun(requestId, subject))
  }

  /** Tells of an erasure, before anything is destroyed for it. */
  async #begun(requestId: string, subject: string): Promise<PendingErasure> {
    const left = await this.#pending(subject)
    if (left !== undefined) return left
    const { store, database, clock } = this.#options
    if ((await store.get(database, this.#key('h', subject))) !== undefined) {
      throw new ForgeError('ERASE_HELD', 'the subject is under a legal hold')
    }
    const keys = await this.#options.shredKeys()
    if ((await keys.ofOwner(ownerOf(subject))).length === 0) {
      throw new ForgeError(
        'SUBJECT_UNKNOWN',
        'nothing is sealed for this subject: it never was, is written in another way, or was erased before',
      )
    }
    const pending = { requestId, requestedAt: clock.now() }
    const row = this.#put(this.#key('p', subject), encodePending(pending))
    await this.#commit('subject.erasure-begun', { requestId }, () => [row])
    return pending
  }

  async #carryOut(subject: string, { requestId, requestedAt }: PendingErasure): Promise<SubjectErasure> {
    const keys = await this.#options.shredKeys()
    const owner = ownerOf(subject)
    const refs = await keys.ofOwner(owner)
    const id = this.#hash(joinedNames('erasure', requestId, subject)).subarray(0, ERASURE_ID_BYTES)
    const record: ErasureRecord = await keys.erase({ owner }, { id: Uint8Array.from(id) })
    const left = await Promise.all(refs.map((ref) => keys.has(ref)))
    // The salt is kept nowhere: nobody can tell later whose certificate this is, who does not know already.
    const salt = this.#options.random.bytes(32)
    const pseudonym = createHash('sha256').update(salt).update(subject).digest('hex').slice(0, 32)
    const opened = left.filter(Boolean).length
    const certificate = certificateOf({ requestId, subject: pseudonym, requestedAt, opened, record })
    const erasure = this.#signed(certificate)
    const { shredKeys, bucketKeysDestroyed } = certificate
    const facts = {
      requestId,
      shredKeys,
      bucketKeys: bucketKeysDestroyed.length,
      certificate: digestOfCertificate(certificate),
      outcome: 'ok',
    }
    const rowKey = this.#doneKey(requestId, subject)
    let row: DoneErasure = erasure
    await this.#commit('subject.erased', facts, ({ sequence }) => {
      row = { ...erasure, sequence }
      return [
        this.#put(rowKey, encodeDone(row)),
        this.#delete(this.#key('p', subject)),
        ...this.#options.alongsideKeys(),
      ]
    })
    return await this.#proven(row, rowKey)
  }

  /**
   * The certificate with the receipt of its leaf, kept so. The leaf comes first: a crash between the two leaves a
   * certificate that holds, and the same request adds what is missing, as it does after a failure.
   */
  async #proven({ sequence, ...erasure }: DoneErasure, rowKey: Uint8Array): Promise<SubjectErasure> {
    if (sequence === undefined) return erasure
    try {
      const receipt = await this.#options.receiptOf(sequence)
      if (receipt === undefined) return erasure
      const proven = this.#signed({ ...erasure.certificate, receipt })
      const { requestId } = proven.certificate
      await this.#commit('subject.certified', { requestId }, () => [this.#put(rowKey, encodeDone(proven))])
      return proven
    } catch (error) {
      // What is erased is erased: a log that cannot sign, or a full disk, must not make it look otherwise.
      if (error instanceof ForgeError) return erasure
      throw error
    }
  }

  async #newKey(keys: ShredKeys, owner: string): Promise<Uint8Array> {
    const ref = await keys.create(owner)
    await this.#commit('subject.keyed', {}, () => this.#options.alongsideKeys())
    return ref
  }

  async #pending(subject: string): Promise<PendingErasure | undefined> {
    const bytes = await this.#options.store.get(this.#options.database, this.#key('p', subject))
    return bytes && decodePending(bytes)
  }

  async #done(requestId: string, subject: string): Promise<DoneErasure | undefined> {
    const bytes = await this.#options.store.get(this.#options.database, this.#doneKey(requestId, subject))
    return bytes && decodeDone(bytes)
  }

  #signed(certificate: ErasureCertificate): SubjectErasure {
    const envelope = signDsse({ payloadType: CERTIFICATE_TYPE, value: certificate }, this.#options.signers())
    return { certificate, envelope }
  }

  #put(key: Uint8Array, value: Uint8Array): Operation {
    return { type: 'put', database: this.#options.database, key, value }
  }

  #delete(key: Uint8Array): Operation {
    return { type: 'delete', database: this.#options.database, key }
  }

  #doneKey(requestId: string, subject: string): Uint8Array {
    return this.#key('e', requestId, subject)
  }

  /** Keyspace, kind, and a keyed hash: no name stands on disk. */
  #key(kind: 'h' | 'p' | 'e', ...names: readonly string[]): Uint8Array {
    return Uint8Array.from([
      SUBJECTS_KEYSPACE,
      kind.charCodeAt(0),
      ...this.#hash(joinedNames(`subject ${kind}`, ...names)),
    ])
  }

  #hash(bytes: Uint8Array): Uint8Array {
    return this.#options.store.keyedHash({ purpose: 'blind', label: 'subjects', value: bytes })
  }

  async #commit(
    action: string,
    facts: Record<string, string | number>,
    operations: (place: CommitPlace) => readonly Operation[],
  ): Promise<void> {
    const context = canonicalJson(facts, { code: 'INTERNAL', what: 'the facts of an erasure' })
    const told = { actor: 'app', action, resourceClass: 'subject', context }
    checkAct(SUBJECT_ACTS, told)
    await this.#options.store.commit((place) => ({ facts: told, operations: operations(place) }))
  }
}

function ownerOf(subject: string): string {
  return `subject ${subject}`
}

/** @throws SUBJECT_INVALID, CRYPTO_VALUE_TOO_LARGE */
function valueBytes(value: Uint8Array | string): Uint8Array {
  const isText = typeof value === 'string'
  if (!isText && !readArgument('SUBJECT_INVALID', () => isBytes(value))) throw notSealable()
  if (value.length > SEAL_BYTES_MAX) {
    throw new ForgeError('CRYPTO_VALUE_TOO_LARGE', `a value of a subject has at most ${SEAL_BYTES_MAX} bytes`)
  }
  if (!isText) return copyBytes(value)
  if (!value.isWellFormed()) throw notSealable()
  return utf8Encode(value)
}

function notSealable(): ForgeError {
  return new ForgeError('SUBJECT_INVALID', 'what is sealed for a subject is bytes or Unicode text')
}
