/** A node is next, previous and a tag of the owner's, side by side: one visit of memory for each node. */
const WORDS = 3
const PREVIOUS = 1
const TAG = 2

/**
 * Circular doubly linked lists over slots, all in one typed array: a slot is in one list at a time.
 * Node `list` is the sentinel of a list, node `slot + lists` is a slot, so that linking takes no branch.
 * Links are positions in the array rather than node numbers.
 */
export class SlotLists {
  readonly #lists: number
  #nodes: Int32Array

  constructor(lists: number) {
    this.#lists = lists
    this.#nodes = new Int32Array(lists * WORDS)
    for (let at = 0; at < this.#nodes.length; at += WORDS) this.#nodes[at] = this.#nodes[at + PREVIOUS] = at
  }

  grow(capacity: number): void {
    const nodes = new Int32Array((capacity + this.#lists) * WORDS)
    nodes.set(this.#nodes)
    this.#nodes = nodes
  }

  /** A number that the owner keeps beside the links. */
  tag(slot: number): number {
    return this.#nodes[(slot + this.#lists) * WORDS + TAG]!
  }

  setTag(slot: number, tag: number): void {
    this.#nodes[(slot + this.#lists) * WORDS + TAG] = tag
  }

  /** Puts an unlinked slot at the newest end. */
  append(list: number, slot: number): void {
    const nodes = this.#nodes
    const at = (slot + this.#lists) * WORDS
    const end = list * WORDS
    const last = nodes[end + PREVIOUS]!
    nodes[last] = at
    nodes[at + PREVIOUS] = last
    nodes[at] = end
    nodes[end + PREVIOUS] = at
  }

  unlink(slot: number): void {
    const nodes = this.#nodes
    const at = (slot + this.#lists) * WORDS
    const next = nodes[at]!
    const previous = nodes[at + PREVIOUS]!
    nodes[previous] = next
    nodes[next + PREVIOUS] = previous
  }

  /** Moves a slot that is already in the list to its newest end. */
  renew(list: number, slot: number): void {
    const nodes = this.#nodes
    const at = (slot + this.#lists) * WORDS
    const end = list * WORDS
    const next = nodes[at]!
    if (next === end) return
    const previous = nodes[at + PREVIOUS]!
    nodes[previous] = next
    nodes[next + PREVIOUS] = previous
    const last = nodes[end + PREVIOUS]!
    nodes[last] = at
    nodes[at + PREVIOUS] = last
    nodes[at] = end
    nodes[end + PREVIOUS] = at
  }

  /** @returns -1 when the list is empty */
  oldest(list: number): number {
    const end = list * WORDS
    const at = this.#nodes[end]!
    return at === end ? -1 : at / WORDS - this.#lists
  }

  /** The slot after `slot` in the direction of the newest; -1 at the end. */
  newer(list: number, slot: number): number {
    const at = this.#nodes[(slot + this.#lists) * WORDS]!
    return at === list * WORDS ? -1 : at / WORDS - this.#lists
  }

  /** The slots of a list from the oldest to the newest. */
  slots(list: number): readonly number[] {
    const slots: number[] = []
    for (let slot = this.oldest(list); slot !== -1; slot = this.newer(list, slot)) slots.push(slot)
    return slots
  }

  isEmpty(list: number): boolean {
    return this.#nodes[list * WORDS] === list * WORDS
  }

  /** Appends all of `from` to `to`, in order, and leaves `from` empty. */
  splice(from: number, to: number): void {
    if (this.isEmpty(from)) return
    const nodes = this.#nodes
    const source = from * WORDS
    const target = to * WORDS
    const first = nodes[source]!
    const last = nodes[source + PREVIOUS]!
    const end = nodes[target + PREVIOUS]!
    nodes[end] = first
    nodes[first + PREVIOUS] = end
    nodes[last] = target
    nodes[target + PREVIOUS] = last
    nodes[source] = nodes[source + PREVIOUS] = source
  }
}
