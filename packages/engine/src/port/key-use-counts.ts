/** How many sealed values name a key, by place: databases, `journal`, and what lies elsewhere. */
export type KeyUseCounts = ReadonlyMap<number, ReadonlyMap<string, number>>

/** What one finds, and then what the other does. */
export function mergedUses(one: KeyUseCounts, other: KeyUseCounts): KeyUseCounts {
  const counts = new Map(one)
  for (const [keyId, places] of other) counts.set(keyId, new Map([...(counts.get(keyId) ?? []), ...places]))
  return counts
}

/** What was copied out of a store and lies elsewhere, such as images: it needs keys that nothing here is sealed under any more. */
export interface KeyCopies {
  keyUses(): Promise<KeyUseCounts>
  /** Nothing here is sealed under this key, nor will be: copies taken from now on do not need it. */
  retire(keyId: number): Promise<void>
}
