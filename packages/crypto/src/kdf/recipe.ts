// How a slot turns a secret into its slot key, as text in the style of PHC strings. Parsing reads only the shape;
// `checkRecipe` judges the cost.

import { ForgeError } from '@forgeone/common'
import { asBase64, fromBase64 } from './strict-base64.ts'

/** Argon2id (RFC 9106). */
export interface Argon2idCost {
  readonly name: 'argon2id'
  readonly memoryKib: number
  readonly passes: number
  readonly lanes: number
}

/** scrypt (RFC 7914); `costLog2` is log2 of N. */
export interface ScryptCost {
  readonly name: 'scrypt'
  readonly costLog2: number
  readonly blockSize: number
  readonly lanes: number
}

/** PBKDF2 (RFC 8018). */
export interface Pbkdf2Cost {
  readonly name: 'pbkdf2-sha512' | 'pbkdf2-sha256'
  readonly iterations: number
}

/** Cost of a passphrase derivation, without its salt. */
export type KdfCost = Argon2idCost | ScryptCost | Pbkdf2Cost

/** A passphrase derivation. */
export interface KdfRecipe {
  readonly cost: KdfCost
  readonly salt: Uint8Array
}

/**
 * What a slot says about its key: derive it, it is the secret itself, it stands here in clear, an external command
 * unwraps it, or so many shares of a set give it.
 */
export type SlotRecipe =
  | ({ readonly form: 'passphrase' } & KdfRecipe)
  | { readonly form: 'key' }
  | { readonly form: 'clear'; readonly key: Uint8Array }
  | { readonly form: 'command'; readonly wrapped: Uint8Array }
  | ({ readonly form: 'shares' } & SharesRecipe)

/** A set of shares: `threshold` of `count` give the key. */
export interface SharesRecipe {
  readonly threshold: number
  readonly count: number
  /** 8 hexadecimal digits that every share of the set bears. */
  readonly set: string
}

/** What a command may give as a wrapped key: an envelope of a key management service is far smaller. */
export const WRAPPED_BYTES_MAX = 1024

/** Salt length of recipes we write. */
export const SALT_BYTES = 32
const SALT_BYTES_MIN = 16
const SALT_BYTES_MAX = 64
const CLEAR_KEY_BYTES = 32
const KEY_RECIPE = '$raw$'

const NUMBER = '(0|[1-9][0-9]{0,9})'
const SALT = '([A-Za-z0-9+/]+={0,2})'
const ARGON2ID = new RegExp(`^\\$argon2id\\$v=19\\$m=${NUMBER},t=${NUMBER},p=${NUMBER}\\$${SALT}$`)
const SCRYPT = new RegExp(`^\\$scrypt\\$ln=${NUMBER},r=${NUMBER},p=${NUMBER}\\$${SALT}$`)
const PBKDF2 = new RegExp(`^\\$pbkdf2-sha(256|512)\\$i=${NUMBER}\\$${SALT}$`)
const COMMAND = new RegExp(`^\\$command\\$${SALT}$`)
const SHARES = /^\$shares\$k=(\d{1,2}),n=(\d{1,2}),set=([0-9a-f]{8})$/
const CLEAR = new RegExp(`^\\$clear\\$${SALT}$`)

/** @throws KEYRING_DAMAGED for text that is no recipe */
export function parseRecipe(text: string): SlotRecipe {
  if (text === KEY_RECIPE) return { form: 'key' }
  const clear = CLEAR.exec(text)
  if (clear !== null) return { form: 'clear', key: bytesOf(clear[1]!, CLEAR_KEY_BYTES, CLEAR_KEY_BYTES) }
  const command = COMMAND.exec(text)
  if (command !== null) return { form: 'command', wrapped: bytesOf(command[1]!, 1, WRAPPED_BYTES_MAX) }
  const shares = SHARES.exec(text)
  if (shares !== null) {
    return { form: 'shares', threshold: Number(shares[1]), count: Number(shares[2]), set: shares[3]! }
  }
  return { form: 'passphrase', ...parseKdf(text) }
}

function parseKdf(text: string): KdfRecipe {
  const argon2id = ARGON2ID.exec(text)
  if (argon2id !== null) {
    const [memoryKib, passes, lanes] = [Number(argon2id[1]), Number(argon2id[2]), Number(argon2id[3])]
    return { cost: { name: 'argon2id', memoryKib, passes, lanes }, salt: saltOf(argon2id[4]!) }
  }
  const scrypt = SCRYPT.exec(text)
  if (scrypt !== null) {
    const [costLog2, blockSize, lanes] = [Number(scrypt[1]), Number(scrypt[2]), Number(scrypt[3])]
    return { cost: { name: 'scrypt', costLog2, blockSize, lanes }, salt: saltOf(scrypt[4]!) }
  }
  const pbkdf2 = PBKDF2.exec(text)
  if (pbkdf2 !== null) {
    const name = pbkdf2[1] === '256' ? 'pbkdf2-sha256' : 'pbkdf2-sha512'
    return { cost: { name, iterations: Number(pbkdf2[2]) }, salt: saltOf(pbkdf2[3]!) }
  }
  throw damaged('an unknown key derivation')
}

/** The text of a recipe, as the keyring stores it. */
export function formatRecipe(recipe: SlotRecipe): string {
  switch (recipe.form) {
    case 'key':
      return KEY_RECIPE
    case 'clear':
      return `$clear$${asBase64(recipe.key)}`
    case 'command':
      return `$command$${asBase64(recipe.wrapped)}`
    case 'shares':
      return `$shares$k=${recipe.threshold},n=${recipe.count},set=${recipe.set}`
    case 'passphrase':
      return `${formatCost(recipe.cost)}$${asBase64(recipe.salt)}`
  }
}

/** A recipe for people to read: without salt and without a key, wrapped or in clear. */
export function describeRecipe(recipe: SlotRecipe): string {
  switch (recipe.form) {
    case 'key':
      return '$raw'
    case 'shares':
      return formatRecipe(recipe)
    case 'passphrase':
      return formatCost(recipe.cost)
    default:
      return `$${recipe.form}`
  }
}

function formatCost(cost: KdfCost): string {
  switch (cost.name) {
    case 'argon2id':
      return `$argon2id$v=19$m=${cost.memoryKib},t=${cost.passes},p=${cost.lanes}`
    case 'scrypt':
      return `$scrypt$ln=${cost.costLog2},r=${cost.blockSize},p=${cost.lanes}`
    default:
      return `$${cost.name}$i=${cost.iterations}`
  }
}

function saltOf(text: string): Uint8Array {
  return bytesOf(text, SALT_BYTES_MIN, SALT_BYTES_MAX)
}

function bytesOf(text: string, bytesMin: number, bytesMax: number): Uint8Array {
  const bytes = fromBase64(text)
  if (bytes === undefined || bytes.length < bytesMin || bytes.length > bytesMax) {
    throw damaged('a salt or key of the wrong length')
  }
  return bytes
}

function damaged(found: string): ForgeError {
  return new ForgeError('KEYRING_DAMAGED', `a keyring slot holds ${found}`)
}
