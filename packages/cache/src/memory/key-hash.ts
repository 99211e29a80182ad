/** 32-bit hash of a key under a secret seed, so that nobody can choose keys that share their counters. */
export type KeyHash = (key: unknown) => number

export function createKeyHash(seed: number): KeyHash {
  const identities = new WeakMap<object, number>()
  let issued = 0
  return (key) => {
    switch (typeof key) {
      case 'string':
        return hashText(key, seed)
      case 'number':
        return Number.isInteger(key) ? hashInteger(key, seed) : hashText(String(key), seed)
      case 'object':
      case 'function':
        if (key !== null) return hashInteger(identityOf(key), ~seed)
        return hashText('null', seed)
      default:
        return hashText(String(key), seed)
    }
  }

  function identityOf(key: object): number {
    const known = identities.get(key)
    if (known !== undefined) return known
    identities.set(key, ++issued)
    return issued
  }
}

function hashText(text: string, seed: number): number {
  const last = text.length - 1
  let hash = seed ^ text.length
  let index = 0
  // Two characters fill a word: half as many multiplications, each of which waits for the one before.
  for (; index < last; index += 2) {
    const pair = text.charCodeAt(index) | (text.charCodeAt(index + 1) << 16)
    hash = Math.imul(hash ^ pair, 0x5bd1e995)
    hash ^= hash >>> 15
  }
  if (index === last) hash = Math.imul(hash ^ text.charCodeAt(index), 0x5bd1e995)
  return finish(hash)
}

function hashInteger(value: number, seed: number): number {
  const low = value | 0
  const high = (value / 0x1_0000_0000) | 0
  return finish(Math.imul(low ^ seed, 0x85ebca6b) ^ Math.imul(high ^ (seed >>> 7), 0xc2b2ae35))
}

/** The finalizer of MurmurHash3: every input bit reaches every output bit. */
function finish(hash: number): number {
  let mixed = hash
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
