import { asBuffer } from '@forgeone/common'
import type { IndexHasher } from './index-hasher.ts'

/** What of a commit, or of its leaf, can be looked up. */
export interface IndexedFacts {
  readonly actor: string
  readonly action: string
  readonly resourceClass: string
  /** As bytes, or as the leaf has it in base64url. */
  readonly resourceHash?: Uint8Array | string
}

/** The distinct values of one bundle. */
export class BundleValues {
  readonly #actors = new Set<string>()
  readonly #actions = new Set<string>()
  readonly #resources = new Set<string>()

  add({ actor, action, resourceClass, resourceHash }: IndexedFacts): void {
    this.#actors.add(actor)
    this.#actions.add(action)
    this.#resources.add(resourceClass)
    if (resourceHash === undefined) return
    const isText = typeof resourceHash === 'string'
    this.#resources.add(isText ? resourceHash : asBuffer(resourceHash).toString('base64url'))
  }

  /** What the rows of these values begin with, in the order in which the values came. */
  prefixes(hasher: IndexHasher): readonly Uint8Array[] {
    const actions = new Set<string>()
    for (const action of this.#actions) {
      actions.add(action)
      const facility = facilityOf(action)
      if (facility !== undefined) actions.add(facility)
    }
    return [
      ...Array.from(this.#actors, (actor) => hasher.prefix('who', actor)),
      ...Array.from(actions, (action) => hasher.prefix('act', action)),
      ...Array.from(this.#resources, (resource) => hasher.prefix('resource', resource)),
    ]
  }

  clear(): void {
    this.#actors.clear()
    this.#actions.clear()
    this.#resources.clear()
  }
}

/** Up to and with the first point, so that it is none of the actions themselves. */
export function facilityOf(action: string): string | undefined {
  const point = action.indexOf('.')
  return point < 0 ? undefined : action.slice(0, point + 1)
}
