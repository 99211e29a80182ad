const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/

/**
 * ASCII decimal without leading zeros, below 2^53.
 * @returns undefined for anything else
 */
export function parseDecimal(text: string): number | undefined {
  if (!DECIMAL.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}
