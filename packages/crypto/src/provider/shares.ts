import { hash } from 'node:crypto'
import { assert, ForgeError, readArgument, toHex, utf8Encode, type Random } from '@forgeone/common'
import { combine, split } from 'shamir-secret-sharing'
import { KEY_BYTES } from '../hash/hkdf.ts'
import { formatRecipe, parseRecipe, type SharesRecipe } from '../kdf/recipe.ts'
import { asBase64, fromBase64 } from '../kdf/strict-base64.ts'
import type { KeyProvider } from './key-provider.ts'

/** Most shares of a set: more holders than a ceremony can gather. */
export const SHARES_MAX = 16
const THRESHOLD_MIN = 2

const SET_BYTES = 4
const CHECKSUM_DIGITS = 8
const SHARE = /^forge-share-v1\.([0-9a-f]{8})\.(\d{1,2})\.([A-Za-z0-9+/=]{44,48})\.([0-9a-f]{8})$/

/** A set of shares that is made when its slot is. */
export interface NewShares {
  readonly provider: KeyProvider
  /** The shares as text, once the provider has enrolled a slot; whoever holds `threshold` of them opens the store. */
  readonly shares: () => readonly string[]
}

/**
 * Makes a slot whose key is random and known only as shares (Shamir 1979, over GF(256)).
 * @throws KEY_SHARES_INVALID unless 2 <= threshold <= count <= 16
 */
export function newShares(o: { threshold: number; count: number }): NewShares {
  const { threshold, count } = readArgument('KEY_SHARES_INVALID', () => ({ ...o }))
  const whole = Number.isInteger(threshold) && Number.isInteger(count)
  if (!whole || threshold < THRESHOLD_MIN || threshold > count || count > SHARES_MAX) {
    throw invalid(
      `a set has ${THRESHOLD_MIN} to ${SHARES_MAX} shares, and its threshold is not above their number`,
    )
  }
  let made: readonly string[] | undefined
  const enrol = async (random: Random): ReturnType<KeyProvider['enrol']> => {
    const key = random.bytes(KEY_BYTES)
    const recipe: SharesRecipe = { threshold, count, set: toHex(random.bytes(SET_BYTES)) }
    const parts = await split(key, count, threshold)
    made = parts.map((part) => {
      const text = formatShare(part, recipe)
      part.fill(0)
      return text
    })
    return { kind: 'shares', kdf: formatRecipe({ form: 'shares', ...recipe }), key }
  }
  return {
    provider: { kind: 'shares', enrol, unlock: () => Promise.resolve(undefined) },
    shares: () => {
      assert(made !== undefined, 'shares exist once their slot was enrolled')
      return made
    },
  }
}

/**
 * Opens the slot that the shares belong to. Too few or wrong ones give a wrong key, which its commitment refuses.
 * @throws KEY_SHARES_INVALID for text that is no share, a repeated one, or shares of different sets
 */
export function sharesProvider(texts: readonly string[]): KeyProvider {
  const shares = texts.map(parseShare)
  const [first] = shares
  if (first === undefined) throw invalid('no share was given')
  if (shares.some(({ set, threshold }) => set !== first.set || threshold !== first.threshold)) {
    throw invalid('the shares are of different sets')
  }
  if (new Set(shares.map(({ part }) => part.at(-1))).size < shares.length) {
    throw invalid('a share was given twice')
  }
  if (shares.length < first.threshold) {
    throw invalid(`${first.threshold} shares are needed, ${shares.length} were given`)
  }
  return {
    kind: 'shares',
    enrol: () => Promise.reject(invalid('make new shares instead of enrolling given ones')),
    unlock: async (slot) => {
      const recipe = parseRecipe(slot.kdf)
      if (recipe.form !== 'shares' || recipe.set !== first.set) return undefined
      return await combine(shares.slice(0, recipe.threshold).map(({ part }) => part))
    },
  }
}

interface Share {
  readonly set: string
  readonly threshold: number
  /** 32 bytes of the share and its x. */
  readonly part: Uint8Array
}

/** `forge-share-v1.<set>.<threshold>.<base64 of y and x>.<first 8 digits of SHA-256 of what stands before>` */
function formatShare(part: Uint8Array, { set, threshold }: SharesRecipe): string {
  const body = `forge-share-v1.${set}.${threshold}.${asBase64(part)}`
  return `${body}.${checksum(body)}`
}

function parseShare(text: string): Share {
  const trimmed = text.trim()
  const match = SHARE.exec(trimmed)
  const part = match === null ? undefined : fromBase64(match[3]!)
  if (match === null || part?.length !== KEY_BYTES + 1) throw invalid('a text is not a share')
  if (checksum(trimmed.slice(0, trimmed.lastIndexOf('.'))) !== match[4]) {
    throw invalid('the checksum of a share is wrong: it was mistyped')
  }
  return { set: match[1]!, threshold: Number(match[2]), part }
}

/** Finds typing errors in one share; whether a set is right shows only with the slot's commitment. */
function checksum(body: string): string {
  return hash('sha256', utf8Encode(body), 'hex').slice(0, CHECKSUM_DIGITS)
}

function invalid(reason: string): ForgeError {
  return new ForgeError('KEY_SHARES_INVALID', `the shares cannot be used: ${reason}`)
}
