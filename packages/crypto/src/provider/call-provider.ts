// A provider may be somebody else's code: what it throws and gives is checked where it comes in, once.

import { ForgeError, isForgeError, readArgument, type Random, isBytes } from '@forgeone/common'
import { KEY_BYTES } from '../hash/hkdf.ts'
import { parseRecipe } from '../kdf/recipe.ts'
import type { EnrolledSlot, KeyProvider, ProviderKind, SlotParameters } from './key-provider.ts'

/** The longest recipe: a wrapped key of `WRAPPED_BYTES_MAX` in base64, and its name. */
export const KDF_TEXT_MAX = 1400

/** Every kind of slot; a keyring holds no others. */
export const PROVIDER_KINDS: readonly ProviderKind[] = [
  'passphrase',
  'key-file',
  'environment',
  'raw-key',
  'command',
  'shares',
  'open',
]

/** @throws KEY_PROVIDER_FAILED for what is no slot of this version, and what the provider throws */
export async function enrolWith(provider: KeyProvider, random: Random): Promise<EnrolledSlot> {
  const slot: unknown = await asked(() => provider.enrol(random))
  return readArgument('KEY_PROVIDER_FAILED', () => {
    const { kind, kdf, key } = Object(slot) as Partial<EnrolledSlot>
    if (kind === undefined || !PROVIDER_KINDS.includes(kind) || typeof kdf !== 'string')
      throw failed('the key provider gave no slot of a known kind')
    if (!isRecipe(kdf)) throw failed('the key provider gave a recipe that no later opening could read')
    return { kind, kdf, key: checkedKey(key) }
  })
}

/** @returns undefined when the slot takes another form of secret @throws KEY_PROVIDER_FAILED, and what the provider throws */
export async function unlockWith(
  provider: KeyProvider,
  slot: SlotParameters,
): Promise<Uint8Array | undefined> {
  const key: unknown = await asked(() => provider.unlock({ kind: slot.kind, kdf: slot.kdf }))
  return key === undefined ? undefined : checkedKey(key)
}

async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (cause) {
    // Its text may hold whatever the provider put there: only errors of ours are passed on as they are.
    if (isForgeError(cause)) throw cause
    throw failed('the key provider failed')
  }
}

function isRecipe(kdf: string): boolean {
  try {
    parseRecipe(kdf)
    return kdf.length <= KDF_TEXT_MAX
  } catch {
    return false
  }
}

function checkedKey(key: unknown): Uint8Array {
  if (isBytes(key) && key.length === KEY_BYTES) return key
  throw failed(`the key provider gave no key of ${KEY_BYTES} bytes`)
}

function failed(message: string): ForgeError {
  return new ForgeError('KEY_PROVIDER_FAILED', message)
}
