/**
 * Keys that are being erased. Of many callers that drop versions of one secret, each key is erased by one of them, and all that know
 * of it wait until it is gone.
 */
export class Erasures {
  readonly #underWay = new Map<string, Promise<void>>()

  /** @param erase those of the keys that nobody erases yet @throws what erasing any of them throws */
  async run(refs: readonly string[], erase: (own: readonly string[]) => Promise<void>): Promise<void> {
    const own = refs.filter((ref) => !this.#underWay.has(ref))
    if (own.length > 0) {
      const erasing = erase(own).finally(() => own.forEach((ref) => this.#underWay.delete(ref)))
      for (const ref of own) this.#underWay.set(ref, erasing)
    }
    await Promise.all(new Set(refs.map((ref) => this.#underWay.get(ref))))
  }
}
