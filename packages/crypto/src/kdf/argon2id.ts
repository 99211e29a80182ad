import { argon2id as argon2idWasm } from 'hash-wasm'
// The default import, because a named one of a missing function would not even link on Node 22.
import nodeCrypto from 'node:crypto'
import { KEY_BYTES } from '../hash/hkdf.ts'
import type { Argon2idCost } from './recipe.ts'

/** Input of one Argon2id derivation; the cost has been checked. */
export interface Argon2idInput {
  readonly cost: Argon2idCost
  readonly salt: Uint8Array
  readonly passphrase: Uint8Array
}

/** Argon2id in OpenSSL's thread pool where Node has it, else in WebAssembly. */
export function argon2id(input: Argon2idInput): Promise<Uint8Array> {
  return typeof nodeCrypto.argon2 === 'function' ? argon2idNative(input) : argon2idFallback(input)
}

function argon2idNative({ cost, salt, passphrase }: Argon2idInput): Promise<Uint8Array> {
  const parameters = {
    message: passphrase,
    nonce: salt,
    parallelism: cost.lanes,
    tagLength: KEY_BYTES,
    memory: cost.memoryKib,
    passes: cost.passes,
  }
  return new Promise((resolve, reject) => {
    nodeCrypto.argon2('argon2id', parameters, (error, key) => {
      if (error === null) resolve(new Uint8Array(key))
      else reject(error)
    })
  })
}

/** For Node below 24.7. It blocks the thread for the whole derivation (about 0.3 s at the default cost). */
export function argon2idFallback({ cost, salt, passphrase }: Argon2idInput): Promise<Uint8Array> {
  return argon2idWasm({
    password: passphrase,
    salt,
    parallelism: cost.lanes,
    iterations: cost.passes,
    memorySize: cost.memoryKib,
    hashLength: KEY_BYTES,
    outputType: 'binary',
  })
}
