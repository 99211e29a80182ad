/** Policy texts: c2sp.org/tlog-policy. */
import { equalHashes } from '@forgeone/merkle'
import { bytesOfOctets, octetsOf, utf8Decode, utf8Encode } from '../format/bytes.ts'
import { parseDecimal } from '../format/decimal.ts'
import { parsed, refuse, type Parsed } from '../format/refusal.ts'
import {
  parseVerifierKey,
  SIGNATURE_TYPE_COSIGNATURE,
  SIGNATURE_TYPE_ED25519,
  verifierKey,
  type VerifierKey,
} from '../note/verifier-key.ts'
import type { Policy, PolicyGroup, PolicyLog, PolicyWitness } from './policy.ts'

/** 32 keys of every kind of today fit several times. */
export const POLICY_BYTES_MAX: number = 256 * 1024
/** Logs, witnesses and groups, each; the specification asks for 32. */
export const POLICY_MEMBERS_MAX = 64

/** Octets that are no control characters but tab and newline; the text is held as one character an octet. */
const ALLOWED = /^[\t\n\x20-\x7e\x80-\xff]*$/
const NONE = 'none'

/** Refused with `POLICY_FORMAT`. */
export function parsePolicy(policy: string | Uint8Array): Parsed<Policy> {
  const bytes = typeof policy === 'string' ? utf8Encode(policy) : policy
  if (bytes.length > POLICY_BYTES_MAX)
    return refuse('POLICY_FORMAT', `the policy is above ${POLICY_BYTES_MAX} bytes`)
  const octets = octetsOf(bytes)
  if (!ALLOWED.test(octets)) return refuse('POLICY_FORMAT', 'the policy holds a control character')
  const builder = new PolicyBuilder()
  for (const [index, line] of octets.split('\n').entries()) {
    const words = line.split(/[\t ]+/).filter((word) => word !== '')
    if (words.length === 0 || words[0]!.startsWith('#')) continue
    const problem = builder.add(words)
    if (problem !== undefined) return refuse('POLICY_FORMAT', `line ${index + 1}: ${problem}`)
  }
  return builder.finish()
}

/** Lines in their order; each method returns what is wrong with its line. */
class PolicyBuilder {
  readonly #logs: PolicyLog[] = []
  readonly #witnesses: PolicyWitness[] = []
  readonly #groups: PolicyGroup[] = []
  /** Names of witnesses and groups so far; whether one is a member of a group already. */
  readonly #names = new Map<string, { isMember: boolean }>()
  #quorum: string | undefined

  add([keyword, ...words]: readonly string[]): string | undefined {
    switch (keyword) {
      case 'log':
        return this.#addLog(words)
      case 'witness':
        return this.#addWitness(words)
      case 'group':
        return this.#addGroup(words)
      case 'quorum':
        return this.#setQuorum(words)
      default:
        return 'it begins with neither log, witness, group nor quorum'
    }
  }

  finish(): Parsed<Policy> {
    if (this.#quorum === undefined) return refuse('POLICY_FORMAT', 'the policy names no quorum')
    return parsed({
      logs: this.#logs,
      witnesses: this.#witnesses,
      groups: this.#groups,
      quorum: this.#quorum === NONE ? undefined : this.#quorum,
    })
  }

  #addLog(words: readonly string[]): string | undefined {
    const [keyText = '', url, ...surplus] = words
    const key = parseKey(keyText)
    if (key === undefined) return 'its verifier key is malformed'
    if (surplus.length > 0) return 'it has surplus words'
    if (isDuplicate(key, this.#logs)) return 'another line has the same public key'
    if (this.#logs.length === POLICY_MEMBERS_MAX) return `more than ${POLICY_MEMBERS_MAX} logs`
    this.#logs.push({ origin: key.name, key, ...(url === undefined ? {} : { url }) })
    return undefined
  }

  #addWitness(words: readonly string[]): string | undefined {
    const [name = '', keyText = '', url, ...surplus] = words
    const key = cosignatureKey(parseKey(keyText))
    if (key === undefined) return 'its verifier key is malformed'
    if (surplus.length > 0) return 'it has surplus words'
    if (isDuplicate(key, this.#witnesses)) return 'another line has the same public key'
    if (this.#witnesses.length === POLICY_MEMBERS_MAX) return `more than ${POLICY_MEMBERS_MAX} witnesses`
    const problem = this.#define(name)
    if (problem === undefined) this.#witnesses.push({ name, key, ...(url === undefined ? {} : { url }) })
    return problem
  }

  #addGroup(words: readonly string[]): string | undefined {
    const [name = '', thresholdText = '', ...members] = words
    const threshold = thresholdOf(thresholdText, members.length)
    if (threshold === undefined) return 'it needs all, any or a number, and that many members'
    if (this.#groups.length === POLICY_MEMBERS_MAX) return `more than ${POLICY_MEMBERS_MAX} groups`
    for (const member of members) {
      const known = this.#names.get(member)
      if (known === undefined) return 'a member is not defined above'
      if (known.isMember) return 'a member belongs to a group already'
      known.isMember = true
    }
    const problem = this.#define(name)
    if (problem === undefined) this.#groups.push({ name, threshold, members })
    return problem
  }

  #setQuorum(words: readonly string[]): string | undefined {
    const [name = '', ...surplus] = words
    if (this.#quorum !== undefined) return 'there is a quorum already'
    if (surplus.length > 0 || (name !== NONE && !this.#names.has(name)))
      return 'it needs the name of a witness or group defined above, or none'
    this.#quorum = name
    return undefined
  }

  #define(name: string): string | undefined {
    if (name === NONE || this.#names.has(name)) return 'its name is taken'
    this.#names.set(name, { isMember: false })
    return undefined
  }
}

function thresholdOf(text: string, members: number): number | undefined {
  if (members === 0) return undefined
  if (text === 'all') return members
  const threshold = text === 'any' ? 1 : parseDecimal(text)
  return threshold !== undefined && threshold >= 1 && threshold <= members ? threshold : undefined
}

/** Names in keys are UTF-8, as they are in notes. */
function parseKey(octets: string): VerifierKey | undefined {
  return parseVerifierKey(utf8Decode(bytesOfOctets(octets)))
}

/** Tessera and others write witnesses with a note key, type 1; what they sign with it has the id of type 4. */
function cosignatureKey(key: VerifierKey | undefined): VerifierKey | undefined {
  return key?.type === SIGNATURE_TYPE_ED25519
    ? verifierKey({ name: key.name, publicKey: key.publicKey, type: SIGNATURE_TYPE_COSIGNATURE })
    : key
}

function isDuplicate(key: VerifierKey, others: readonly { readonly key: VerifierKey }[]): boolean {
  return others.some(({ key: other }) => equalHashes(other.publicKey, key.publicKey))
}
