import { systemRandom, VALUE, type Conversion, type MethodShape } from '@forgeone/common'
import type { KeyProvider, SlotParameters } from './key-provider.ts'

/** Asks where the provider is: the secret stays in the process that has it, and keys of slots cross. */
const CROSSING_PROVIDER: Conversion = {
  give: (provider: KeyProvider) => ({
    kind: provider.kind,
    enrol: async () => await provider.enrol(systemRandom),
    unlock: async (slot: SlotParameters) => await provider.unlock(slot),
  }),
  take: (provider: KeyProvider): KeyProvider => ({
    kind: provider.kind,
    enrol: async () => await provider.enrol(systemRandom),
    unlock: async (slot) => await provider.unlock(slot),
  }),
}

/** Of a method whose first argument is a key provider: it can be one of another process. */
export const TAKES_PROVIDER: MethodShape = {
  gives: VALUE,
  takes: { 0: CROSSING_PROVIDER },
  callbacks: { '0.enrol': { gives: 'value' }, '0.unlock': { gives: 'value' } },
}
