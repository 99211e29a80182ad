/** How many sealed values name a key, by place: databases, `journal`, and what lies elsewhere. */
export type KeyUseCounts = ReadonlyMap<number, ReadonlyMap<string, number>>

/** What one finds, and then what the other does. */
export function mergedUses(one: KeyUseCounts, other: KeyUseCounts): KeyUseCounts {
  const counts = new Map(one)
  for (const [keyId, places] of other) counts.set(keyId, new Map([...(counts.get(keyId) ?? []), ...places]))
  return counts
}
