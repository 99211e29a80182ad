// Random damage of the files of a store: it is noticed with a code, or nothing differs. What opens it is another process, so
// that an abort is seen.

import { join } from 'node:path'
import { SeededRandom } from '@forgeone/common'
import { expect, test } from 'vitest'
import { attackFolder, copyOf, filledStore } from './base-stores.ts'
import { damage } from './damage-files.ts'
import { differences, Judge, type Judgement } from './judge.ts'
import { ofTier, SEED } from './tier.ts'

const MUTATIONS = ofTier({ short: 8, long: 2_500 })

type Outcome = 'refused' | 'reported' | 'harmless'

/** @throws Error when data are altered and nothing was noticed, and for what has no code */
function outcomeOf(base: Judgement, now: Judgement): Outcome {
  const { altered, refused } = differences(base, now)
  const uncoded = [...now.noticed, ...altered].filter((text) => text.includes('uncoded'))
  if (uncoded.length > 0) throw new Error(uncoded.join(' '))
  const news = now.noticed.filter((code) => !base.noticed.includes(code))
  if (news.length === 0 && altered.length > 0) throw new Error(`altered in silence: ${altered.join(', ')}`)
  if (Object.keys(now.data).length === 0) return 'refused'
  return news.length > 0 || refused.length > 0 ? 'reported' : 'harmless'
}

for (const kind of ['closed', 'killed'] as const) {
  test(`${MUTATIONS} random damages of a ${kind} store are noticed with a code or change nothing`, async () => {
    console.log(`seed ${SEED} (set FORGE_TEST_SEED to repeat)`)
    using folder = attackFolder()
    const base = filledStore(folder.path, kind)
    using judge = new Judge(base.leaves)
    const victim = join(folder.path, 'victim')
    const whole = await judge.judge(copyOf(base, victim))
    const tally = { refused: 0, reported: 0, harmless: 0 }
    const faults: string[] = []
    for (let index = 0; index < MUTATIONS; index++) {
      // Each has a seed of its own, so that one alone can be repeated.
      const random = new SeededRandom(SEED * 10_000 + index)
      copyOf(base, victim)
      const what = Array.from({ length: 1 + random.below(3) }, () => damage(victim, random)).join('; ')
      try {
        tally[outcomeOf(whole, await judge.judge(victim))]++
      } catch (error) {
        faults.push(`${index}: ${what}: ${String(error)}`)
        console.log(faults.at(-1)) // a long run that is cut short has told what it found
      }
    }
    console.log(`${kind}: ${JSON.stringify(tally)}`)
    expect(faults).toEqual([])
  }, 7_200_000)
}
