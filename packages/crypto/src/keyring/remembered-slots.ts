import { KdfWork } from '../kdf/work-bound.ts'
import { unlockWith } from '../provider/call-provider.ts'
import type { KeyProvider, SlotParameters } from '../provider/key-provider.ts'

/** Asks a provider once per recipe while a keyring is opened: two copies must not cost two derivations. */
export class RememberedSlots {
  readonly #provider: KeyProvider
  readonly #keys = new Map<string, Uint8Array | undefined>()
  readonly #work = new KdfWork()

  constructor(provider: KeyProvider) {
    this.#provider = provider
  }

  /** Asked before the slots of a copy are tried. @throws KDF_TOO_COSTLY */
  admit(slots: readonly SlotParameters[]): void {
    this.#work.admit(slots.map(({ kdf }) => kdf))
  }

  /** @returns a copy the caller wipes */
  async unlock({ kind, kdf }: SlotParameters): Promise<Uint8Array | undefined> {
    const name = `${kind} ${kdf}`
    if (!this.#keys.has(name)) this.#keys.set(name, await unlockWith(this.#provider, { kind, kdf }))
    const key = this.#keys.get(name)
    return key && Uint8Array.from(key)
  }

  wipe(): void {
    for (const key of this.#keys.values()) key?.fill(0)
    this.#keys.clear()
  }
}
