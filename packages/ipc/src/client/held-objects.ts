import type { CallReferences } from './call-references.ts'

/** An object of the server that is held here. */
export interface HeldObject {
  readonly id: number
  /** The call that gave it, if it was a call. */
  readonly callId: number | undefined
}

/**
 * What stands here for objects of the server. The arguments of the call that gave them are kept as long as they are: the server may
 * call a handler among them, or be told of a signal.
 */
export class HeldObjects {
  readonly #ids = new WeakMap<object, number>()
  /** Those whose call gave a handler: they go on though nobody here looks at them any more. */
  readonly #active = new Map<number, object>()
  readonly #kept = new Map<number, { readonly references: CallReferences; objects: number }>()
  #count = 0

  get count(): number {
    return this.#count
  }

  idOf(proxy: object): number | undefined {
    return this.#ids.get(proxy)
  }

  /** The object has a name, as long as the server knows it. */
  name(proxy: object, id: number): void {
    this.#ids.set(proxy, id)
  }

  hold(proxy: object, { id, callId }: HeldObject): void {
    this.#count++
    const kept = callId === undefined ? undefined : this.#kept.get(callId)
    if (kept === undefined) return
    kept.objects++
    if (kept.references.hasCallbacks) this.#active.set(id, proxy)
  }

  release({ id, callId }: HeldObject): void {
    this.#count--
    this.#active.delete(id)
    const kept = callId === undefined ? undefined : this.#kept.get(callId)
    if (kept === undefined || --kept.objects > 0) return
    kept.references.free()
    this.#kept.delete(callId!)
  }

  /** Keeps the references of a call that gives objects. */
  keep(callId: number, references: CallReferences): void {
    this.#kept.set(callId, { references, objects: 0 })
  }

  referencesOf(callId: number): CallReferences | undefined {
    return this.#kept.get(callId)?.references
  }

  /** The connection has ended. */
  free(): void {
    for (const { references } of this.#kept.values()) references.free()
    this.#kept.clear()
    this.#active.clear()
    this.#count = 0
  }
}
