import { assert } from '@forgeone/common'
import { pbkdf2, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { KEY_BYTES } from '../hash/hkdf.ts'
import { argon2id } from './argon2id.ts'
import { checkCost, scryptBytes } from './recipe-bounds.ts'
import type { KdfRecipe, ScryptCost } from './recipe.ts'

const pbkdf2Async = promisify(pbkdf2)

/**
 * Turns a passphrase into a 32-byte slot key, off the main thread where Node can. Inputs are borrowed.
 * @throws KDF_TOO_WEAK, KDF_TOO_COSTLY before any memory is taken
 */
export async function derivePassphraseKey(recipe: KdfRecipe, passphrase: Uint8Array): Promise<Uint8Array> {
  const { cost, salt } = recipe
  checkCost(cost)
  const key = await derive(recipe, passphrase)
  assert(key.length === KEY_BYTES, `${cost.name} gives ${KEY_BYTES} bytes for a salt of ${salt.length}`)
  return key
}

async function derive({ cost, salt }: KdfRecipe, passphrase: Uint8Array): Promise<Uint8Array> {
  switch (cost.name) {
    case 'argon2id':
      return argon2id({ cost, salt, passphrase })
    case 'scrypt':
      return deriveScrypt(cost, salt, passphrase)
    case 'pbkdf2-sha256':
      return new Uint8Array(await pbkdf2Async(passphrase, salt, cost.iterations, KEY_BYTES, 'sha256'))
    case 'pbkdf2-sha512':
      return new Uint8Array(await pbkdf2Async(passphrase, salt, cost.iterations, KEY_BYTES, 'sha512'))
  }
}

function deriveScrypt(cost: ScryptCost, salt: Uint8Array, passphrase: Uint8Array): Promise<Uint8Array> {
  const options = {
    N: 2 ** cost.costLog2,
    r: cost.blockSize,
    p: cost.lanes,
    // Node's default of 32 MiB refuses every accepted cost.
    maxmem: 2 * scryptBytes(cost),
  }
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, KEY_BYTES, options, (error, key) => {
      if (error === null) resolve(new Uint8Array(key))
      else reject(error)
    })
  })
}
