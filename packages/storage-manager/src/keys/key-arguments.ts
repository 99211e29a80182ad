// What the methods of keys are given, checked before anything changes.

import { ForgeError, readArgument, refuseOtherMembers } from '@forgeone/common'
import { PROVIDER_KINDS, type KeyProvider } from '@forgeone/crypto'

/** @throws CRYPTO_KEY_UNKNOWN, STORE_OPTION_INVALID */
export function checkScopes(scopes: unknown, known: readonly string[]): readonly string[] {
  return readArgument('STORE_OPTION_INVALID', () => {
    if (!Array.isArray(scopes)) throw invalid('scopes', 'a list of names')
    const names = [...new Set<unknown>(scopes.slice(0, known.length + 1))]
    return names.map((name) => {
      if (typeof name === 'string' && known.includes(name)) return name
      throw new ForgeError('CRYPTO_KEY_UNKNOWN', 'a name is no scope whose keys are rotated here', {
        hint: `Scopes are ${known.join(', ')}.`,
      })
    })
  })
}

/** @throws STORE_OPTION_INVALID */
export function checkProviders(providers: unknown): readonly KeyProvider[] {
  return readArgument('STORE_OPTION_INVALID', () => {
    const isList = Array.isArray(providers) && providers.length > 0 && providers.length <= PROVIDERS_MAX
    // A hole of a list is no provider either.
    const all: readonly unknown[] = isList ? Array.from(providers) : []
    if (all.length > 0 && all.every(isProvider)) return all
    throw invalid('provider', 'a key provider')
  })
}

/** A member of an options object that has only those named. @throws STORE_OPTION_INVALID */
export function optionOf(options: unknown, name: string, others: readonly string[] = []): unknown {
  refuseOtherMembers(options, { code: 'STORE_OPTION_INVALID', names: [name, ...others] })
  return readArgument('STORE_OPTION_INVALID', () => {
    if (options === undefined) return undefined
    if (typeof options === 'object' && options !== null) return Reflect.get(options, name)
    throw invalid('options', 'an object')
  })
}

/** @throws KEY_SLOT_UNKNOWN, KEY_UNKNOWN */
export function checkKeyId(id: unknown, kind: 'slot' | 'key'): void {
  if (Number.isSafeInteger(id) && Number(id) > 0) return
  throw new ForgeError(
    kind === 'slot' ? 'KEY_SLOT_UNKNOWN' : 'KEY_UNKNOWN',
    `a ${kind} is named by its number`,
  )
}

/** As many as a keyring has slots. */
const PROVIDERS_MAX = 16

function isProvider(value: unknown): value is KeyProvider {
  if (typeof value !== 'object' || value === null) return false
  const { kind, enrol, unlock }: { kind?: unknown; enrol?: unknown; unlock?: unknown } = value
  return (
    PROVIDER_KINDS.some((each) => each === kind) &&
    typeof enrol === 'function' &&
    typeof unlock === 'function'
  )
}

function invalid(option: string, what: string): ForgeError {
  return new ForgeError('STORE_OPTION_INVALID', `${option} is ${what}`, { details: { option } })
}
