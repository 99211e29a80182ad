// What must stand in a store after what a process told of its acts, killed in the middle of some of them.

import type { ActResult, Changes, MixLine } from './mix-lines.ts'
import { KEPT_ENTRIES } from './mix-lines.ts'

/** What stands in each place of a store. */
export type Found = ReadonlyMap<string, string>

interface Pending {
  readonly n: number
  readonly act: string
  readonly changes: Changes
}

export interface Sealed {
  readonly envelope: string
  readonly value: string
}

export interface MixCounts {
  begun: number
  acked: number
  refused: number
  resolvedWhole: number
  resolvedAbsent: number
}

export class MixModel {
  /** By place, what is known to stand there; a place that is missing is empty. */
  readonly settled = new Map<string, string>()
  readonly envelopes = new Map<string, Sealed[]>()
  readonly tokens = new Map<string, string>()
  readonly notes: string[] = []
  /** Appends that were begun with a key of their own. */
  readonly once: number[] = []
  readonly counts: MixCounts = { begun: 0, acked: 0, refused: 0, resolvedWhole: 0, resolvedAbsent: 0 }
  highestSequence = 0
  readonly #pending = new Map<number, Pending>()

  /** @returns what is wrong by itself */
  take(lines: readonly MixLine[]): string[] {
    const faults: string[] = []
    for (const line of lines) {
      if (line.at === 'begun') {
        this.counts.begun++
        this.#pending.set(line.n, line)
        if (line.act === 'events.append once') this.once.push(line.n)
      } else if (line.at === 'acked') {
        this.counts.acked++
        this.acknowledge(line.n, line.result)
      } else if (line.at === 'refused') {
        this.counts.refused++
        faults.push(...this.#refuse(line))
      } else if (line.at === 'defect') faults.push(`${line.n}: ${line.text}`)
    }
    return faults
  }

  acknowledge(n: number, result: ActResult = {}): void {
    const { changes } = this.#pending.get(n)!
    this.#pending.delete(n)
    this.apply(changes)
    const { sequence, note, sealed, token } = result
    this.highestSequence = Math.max(this.highestSequence, sequence ?? 0)
    if (note !== undefined) this.notes.push(note)
    if (token !== undefined) this.tokens.set(token.principal, token.token)
    if (sealed === undefined) return
    const { subject, ...one } = sealed
    this.envelopes.set(subject, [...(this.envelopes.get(subject) ?? []), one])
  }

  apply(changes: Changes): void {
    for (const [place, value] of Object.entries(changes))
      if (value === null) this.settled.delete(place)
      else this.settled.set(place, value)
  }

  #refuse({ n, code }: { readonly n: number; readonly code: string }): string[] {
    const { changes } = this.#pending.get(n)!
    this.#pending.delete(n)
    const [place] = Object.keys(changes)
    const isKnown = place?.startsWith('subject/') && this.envelopes.has(place.slice('subject/'.length))
    const isLost = code === 'SUBJECT_UNKNOWN' && isKnown && !this.settled.has(place!)
    return isLost ? [`${n}: ${place} was sealed for, and is not known`] : []
  }

  /**
   * Compares, and takes what was found for what was not known.
   * @returns what is missing, twice, or half there
   */
  compare(found: Found): string[] {
    const faults: string[] = []
    const pending = [...this.#pending.values()]
    const wanted = Map.groupBy(
      pending.flatMap(({ changes }) => Object.entries(changes)),
      ([place]) => place,
    )
    const places = new Set([...this.settled.keys(), ...found.keys(), ...wanted.keys()])
    for (const place of places) {
      const settled = this.settled.get(place) ?? null
      const value = found.get(place) ?? null
      const possible = [settled, ...(wanted.get(place) ?? []).map(([, other]) => other)]
      const isPart = value === 'part' && (settled === 'part' || wanted.has(place))
      if (possible.includes(value) || isPart) continue
      if (value === null && mayBeGone(place, found)) continue
      if (place.startsWith('subject/') && !this.envelopes.has(place.slice('subject/'.length))) continue
      faults.push(`${place}: found ${value}, possible ${possible.join(' or ')}`)
    }
    for (const { n, act, changes } of pending) {
      const changed = Object.entries(changes).filter(
        ([place, value]) => value !== (this.settled.get(place) ?? null),
      )
      const there = changed.filter(([place, value]) => value === (found.get(place) ?? null))
      if (changed.length > 0)
        this.counts[there.length === changed.length ? 'resolvedWhole' : 'resolvedAbsent']++
      if (there.length === 0 || there.length === changed.length) continue
      faults.push(`${n} ${act} is there in part: ${JSON.stringify(there)} of ${JSON.stringify(changed)}`)
    }
    this.#pending.clear()
    for (const place of places) {
      const value = found.get(place)
      if (value === undefined) this.settled.delete(place)
      else this.settled.set(place, value)
    }
    return [...faults, ...gapsOf(found)]
  }
}

/** What retention and compaction of keys take away. */
function mayBeGone(place: string, found: Found): boolean {
  const [stream, topic, tag] = place.split('/')
  if (stream === 'logs' && topic!.startsWith('kept.')) {
    const later = tagsOf(found, `logs/${topic}/`).filter((other) => Number(other) > Number(tag))
    return later.length >= KEPT_ENTRIES
  }
  if (stream !== 'events' || topic !== 'keyed') return false
  const [key, n] = tag!.split(':')
  return tagsOf(found, `events/keyed/${key}:`).some((other) => Number(other) > Number(n))
}

function tagsOf(found: Found, prefix: string): string[] {
  return [...found.keys()]
    .filter((place) => place.startsWith(prefix))
    .map((place) => place.slice(prefix.length))
}

/** Whoever said which version he expected got that place. */
function gapsOf(found: Found): string[] {
  return [0, 1].flatMap((number) => {
    const topic = `versioned.${number}`
    const tags = tagsOf(found, `events/${topic}/`)
    return tags.flatMap((_, version) => (tags.includes(`v${version}`) ? [] : [`${topic} has no v${version}`]))
  })
}
