import { createHash } from 'node:crypto'
import type { Receipt } from '@forgeone/audit'
import {
  canonicalJson,
  ForgeError,
  toHex,
  utf8Decode,
  utf8Encode,
  type Clock,
  type Random,
} from '@forgeone/common'
import type { ShredKeys, Signer } from '@forgeone/crypto'
import type { CommitPlace, Operation, Store } from '@forgeone/engine'
import { signDsse, type DsseEnvelope } from '../compliance/dsse.ts'
import {
  certificateOf,
  CERTIFICATE_TYPE,
  digestOfCertificate,
  type ErasureCertificate,
} from './erasure-certificate.ts'

const KEYSPACE = 0x15
const ENVELOPE = /^fs1\.([A-Za-z0-9_-]+)$/
const SUBJECT_BYTES_MAX = 256
const PLACE = [utf8Encode('subject'), utf8Encode('value')]

export interface SubjectsOptions {
  readonly store: Store
  readonly database: string
  readonly shredKeys: () => Promise<ShredKeys>
  readonly signers: () => readonly Signer[]
  /** @returns undefined where there is no audit log to prove anything */
  readonly receiptOf: (sequence: number) => Promise<Receipt | undefined>
  /** Rows for the commit that tells of an erasure: keys were changed for it. */
  readonly alongsideErasure: () => readonly Operation[]
  readonly clock: Clock
  readonly random: Random
}

/** What an erasure leaves: the certificate, signed, and the commit that tells of it. */
export interface SubjectErasure {
  readonly certificate: ErasureCertificate
  readonly envelope: DsseEnvelope
}

/** An erasure as it is kept. */
interface ErasureRow extends SubjectErasure {
  /** Of the commit that tells of it, until the certificate has its receipt. */
  readonly sequence?: number
}

/**
 * Data of persons, sealed under a key of each: erasing the key makes it unreadable wherever it lies, in events, settings,
 * files and backups.
 */
export class Subjects {
  readonly #o: SubjectsOptions

  constructor(options: SubjectsOptions) {
    this.#o = options
  }

  /**
   * Seals a value for a subject, as text that can stand in any payload. Bytes are borrowed.
   * @throws SUBJECT_INVALID, CRYPTO_VALUE_TOO_LARGE
   */
  async seal(subject: string, value: Uint8Array | string): Promise<string> {
    checkSubject(subject)
    const keys = await this.#o.shredKeys()
    const owner = ownerOf(subject)
    const [ref = await keys.create(owner)] = await keys.ofOwner(owner)
    const bytes = typeof value === 'string' ? utf8Encode(value) : value
    const sealed = await keys.seal(ref, { place: PLACE, value: bytes })
    return `fs1.${Buffer.from(sealed).toString('base64url')}`
  }

  /** @throws CRYPTO_KEY_DESTROYED when the subject was erased, CRYPTO_FORMAT, CRYPTO_OPEN_FAILED */
  async open(envelope: string): Promise<Uint8Array> {
    const match = ENVELOPE.exec(envelope)
    if (match === null) throw new ForgeError('CRYPTO_FORMAT', 'the text is no value sealed for a subject')
    const keys = await this.#o.shredKeys()
    const sealed = new Uint8Array(Buffer.from(match[1]!, 'base64url'))
    return await keys.open({ place: PLACE, sealed })
  }

  /** Keeps a subject from being erased, for a legal reason. @throws SUBJECT_INVALID */
  async hold(subject: string, { reason }: { readonly reason: string }): Promise<void> {
    checkSubject(subject)
    // The reason may name somebody: it lies sealed in the row, and never in a leaf.
    const row = this.#put(this.#key('h', subject), utf8Encode(reason))
    await this.#commit('subject.held', {}, () => [row])
  }

  /** @throws SUBJECT_INVALID */
  async release(subject: string): Promise<void> {
    checkSubject(subject)
    const { database } = this.#o
    const key = this.#key('h', subject)
    await this.#commit('subject.released', {}, () => [{ type: 'delete', database, key }])
  }

  /**
   * Erases a subject: none of its values can be opened again. The same request for the same subject gives the same certificate.
   * @throws SUBJECT_INVALID, ERASE_HELD, IO_FAILED; what was begun is finished at the next opening
   */
  async erase(subject: string, o: { readonly requestId?: string | undefined } = {}): Promise<SubjectErasure> {
    checkSubject(subject)
    const { store, database, clock, random } = this.#o
    const requestId = o.requestId ?? toHex(random.bytes(16))
    const request = `${requestId} ${subject}`
    const rowKey = this.#key('e', request)
    const known = await store.get(database, rowKey)
    // Written below, and authenticated since.
    if (known !== undefined) return await this.#proven(JSON.parse(utf8Decode(known)) as ErasureRow, rowKey)
    if ((await store.get(database, this.#key('h', subject))) !== undefined) {
      throw new ForgeError('ERASE_HELD', 'the subject is under a legal hold')
    }
    const requestedAt = clock.now()
    const keys = await this.#o.shredKeys()
    const owner = ownerOf(subject)
    const refs = await keys.ofOwner(owner)
    const id = createHash('sha256').update(`erasure ${request}`).digest().subarray(0, 16)
    const record = await keys.erase(refs, { id: new Uint8Array(id), owner })
    const left = await Promise.all(refs.map((ref) => keys.has(ref)))
    // The salt is kept nowhere: nobody can tell later whose certificate this is, who does not know already.
    const pseudonym = createHash('sha256').update(random.bytes(32)).update(subject).digest('hex').slice(0, 32)
    const certificate = certificateOf({
      requestId,
      subject: pseudonym,
      requestedAt,
      opened: left.filter(Boolean).length,
      record,
    })
    const erasure = this.#signed(certificate)
    const { shredKeys, bucketKeysDestroyed } = certificate
    const bucketKeys = bucketKeysDestroyed.length
    const digest = digestOfCertificate(certificate)
    const facts = { requestId, shredKeys, bucketKeys, certificate: digest, outcome: 'ok' }
    let row: ErasureRow = erasure
    await this.#commit('subject.erased', facts, ({ sequence }) => {
      row = { ...erasure, sequence }
      return [this.#put(rowKey, encodeRow(row)), ...this.#o.alongsideErasure()]
    })
    return await this.#proven(row, rowKey)
  }

  /**
   * The certificate with the receipt of its leaf, kept so. The leaf comes first: a crash between the two leaves a
   * certificate that holds, and the same request adds what is missing, as it does after a failure.
   */
  async #proven({ sequence, ...erasure }: ErasureRow, rowKey: Uint8Array): Promise<SubjectErasure> {
    if (sequence === undefined) return erasure
    try {
      const receipt = await this.#o.receiptOf(sequence)
      if (receipt === undefined) return erasure
      const proven = this.#signed({ ...erasure.certificate, receipt })
      const { requestId } = proven.certificate
      await this.#commit('subject.certified', { requestId }, () => [this.#put(rowKey, encodeRow(proven))])
      return proven
    } catch (error) {
      // What is erased is erased: a log that cannot sign, or a full disk, must not make it look otherwise.
      if (error instanceof ForgeError) return erasure
      throw error
    }
  }

  #signed(certificate: ErasureCertificate): SubjectErasure {
    const envelope = signDsse({ payloadType: CERTIFICATE_TYPE, value: certificate }, this.#o.signers())
    return { certificate, envelope }
  }

  #put(key: Uint8Array, value: Uint8Array): Operation {
    return { type: 'put', database: this.#o.database, key, value }
  }

  /** Keyspace, kind, and a keyed hash: no name stands on disk. */
  #key(kind: 'h' | 'e', name: string): Uint8Array {
    return Uint8Array.from([
      KEYSPACE,
      kind.charCodeAt(0),
      ...this.#o.store.keyedHash('blind', utf8Encode(`subject ${kind} ${name}`)),
    ])
  }

  async #commit(
    action: string,
    facts: Record<string, string | number>,
    operations: (place: CommitPlace) => readonly Operation[],
  ): Promise<void> {
    const context = canonicalJson(facts, { code: 'INTERNAL', what: 'the facts of an erasure' })
    await this.#o.store.commit((place) => ({
      facts: { actor: 'app', action, resourceClass: 'subject', context },
      operations: operations(place),
    }))
  }
}

function encodeRow(row: ErasureRow): Uint8Array {
  return utf8Encode(JSON.stringify(row))
}

function ownerOf(subject: string): string {
  return `subject ${subject}`
}

function checkSubject(subject: string): void {
  const sound = subject !== '' && subject.isWellFormed() && utf8Encode(subject).length <= SUBJECT_BYTES_MAX
  if (!sound)
    throw new ForgeError('SUBJECT_INVALID', `a subject is named by 1 to ${SUBJECT_BYTES_MAX} bytes of text`)
}
