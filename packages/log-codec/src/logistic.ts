/**
 * Probabilities in the logistic domain, from integers alone: every machine and version must compute the same bits.
 * `STRETCHED` is ln(p / (1 - p)) in 256ths for a probability in 4,096ths; `SQUASH` its inverse, in 65,536ths.
 */
const UNIT = 256
const LIMIT = 11 * UNIT
export const SQUASH_LIMIT: number = LIMIT

/** 65,536 / (1 + e^-x) for x = -11, -10.75 … 11. */
const KNOTS: readonly number[] = [
  1, 1, 2, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 28, 36, 47, 60, 77, 98, 126, 162, 208, 267, 342, 439, 562, 720,
  922, 1179, 1506, 1921, 2446, 3108, 3938, 4971, 6249, 7812, 9702, 11955, 14595, 17625, 21025, 24743, 28693,
  32768, 36843, 40793, 44511, 47911, 50941, 53581, 55834, 57724, 59287, 60565, 61598, 62428, 63090, 63615,
  64030, 64357, 64614, 64816, 64974, 65097, 65194, 65269, 65328, 65374, 65410, 65438, 65459, 65476, 65489,
  65500, 65508, 65514, 65519, 65523, 65526, 65528, 65530, 65531, 65532, 65533, 65534, 65534, 65535, 65535,
]
const KNOT_STEP = UNIT / 4

export const SQUASH: Uint16Array = Uint16Array.from({ length: 2 * LIMIT + 1 }, (_, at) => {
  const knot = Math.floor(at / KNOT_STEP)
  const part = at % KNOT_STEP
  const low = KNOTS[knot]!
  const high = KNOTS[knot + 1] ?? low
  return low + Math.floor(((high - low) * part) / KNOT_STEP)
})

export const STRETCHED: Float64Array = Float64Array.from({ length: 4096 }, (_, share) => {
  const wanted = share * 16 + 8
  // Exactly even odds are those of a counter without hits: no evidence.
  if (share === 2048) return 0
  let at = 0
  while (at < 2 * LIMIT && SQUASH[at]! < wanted) at++
  return at - LIMIT
})
