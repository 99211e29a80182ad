import { systemRandom, VALUE, type Conversion, type MethodShape } from '@forgeone/common'
import type { EnrolledSlot, KeyProvider, ProviderKind, SlotParameters } from './key-provider.ts'

interface AskedProvider {
  readonly kind: ProviderKind
  enrol(): Promise<EnrolledSlot>
  unlock(slot: SlotParameters): Promise<Uint8Array | undefined>
}

/** Asks where the provider is: the secret stays in the process that has it, and keys of slots cross. */
const CROSSING_PROVIDER: Conversion = {
  give: (provider: KeyProvider) => (isWhole(provider) ? askedOf(provider) : provider),
  take: (asked: AskedProvider): unknown => (isWhole(asked) ? providerOf(asked) : asked),
}

/** What is none is refused by the method, wherever it was called. */
function isWhole(given: object): boolean {
  return ['enrol', 'unlock'].every((name) => typeof Reflect.get(given, name) === 'function')
}

function askedOf(provider: KeyProvider): AskedProvider {
  return {
    kind: provider.kind,
    // Randomness is that of the process that has the secret.
    enrol: async () => await provider.enrol(systemRandom),
    unlock: async (slot) => await provider.unlock(slot),
  }
}

function providerOf(asked: AskedProvider): KeyProvider {
  return {
    kind: asked.kind,
    enrol: async () => await asked.enrol(),
    unlock: async ({ kind, kdf }) => await asked.unlock({ kind, kdf }),
  }
}

/** Of a method whose first argument is a key provider: it can be one of another process. */
export const TAKES_PROVIDER: MethodShape = {
  gives: VALUE,
  takes: { 0: CROSSING_PROVIDER },
  callbacks: { '0.enrol': { gives: 'value' }, '0.unlock': { gives: 'value' } },
}
