/** @returns a call that gives the key what it has now, or takes it out again where it has nothing */
export function puttingBack<Value>(map: Map<string, Value>, key: string): () => void {
  const before = map.get(key)
  return () => {
    if (before === undefined) map.delete(key)
    else map.set(key, before)
  }
}
