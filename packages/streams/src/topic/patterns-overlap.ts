/** Whether some topic matches both patterns. */
export function patternsOverlap(left: string, right: string): boolean {
  const leftTokens = left.split('.')
  const rightTokens = right.split('.')
  const shorter = Math.min(leftTokens.length, rightTokens.length)
  for (let at = 0; at < shorter; at++) {
    const one = leftTokens[at]!
    const other = rightTokens[at]!
    // From here on it stands for whatever the other one asks for.
    if (one === '>' || other === '>') return true
    if (one !== other && one !== '*' && other !== '*') return false
  }
  return leftTokens.length === rightTokens.length
}
