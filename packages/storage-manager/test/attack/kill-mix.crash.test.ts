// A process works with all of a store at once and is killed, again and again, also while it opens. What it acknowledged is there
// once, what it began is there wholly or not at all, and the store opens healthy.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { SeededRandom } from '@forgeone/common'
import { expect, test } from 'vitest'
import { attackFolder } from './base-stores.ts'
import { drain, judgeMix } from './mix/judge-mix.ts'
import { openMix, type MixLine } from './mix/mix-lines.ts'
import { MixModel } from './mix/mix-model.ts'
import { ofTier, SEED } from './tier.ts'

const VICTIM = join(import.meta.dirname, 'victims', 'mix-store.ts')
const KILLS = ofTier({ short: 4, long: 500 })
/** Of one store; then a new one with another number of shards. */
const KILLS_PER_STORE = 25
const SHARDS_MAX = 4
const WORK_MS_MAX = ofTier({ short: 500, long: 1200 })
const OPENING_MS_MAX = 120
const VERIFIED_EVERY = 5

const tally = {
  kills: 0,
  opening: 0,
  begun: 0,
  acked: 0,
  refused: 0,
  whole: 0,
  absent: 0,
  reopened: 0,
  verified: 0,
}

interface MixStore {
  readonly path: string
  readonly outside: string
  readonly shardCount: number
  readonly model: MixModel
  /** Processes that had it, the numbers of whose acts begin with theirs; time goes on with each. */
  lives: number
}

/** @returns what it told before it was killed, so many milliseconds after it said `from` */
async function run(
  store: MixStore,
  o: { readonly from: 'opening' | 'open'; readonly delayMs: number },
): Promise<readonly MixLine[]> {
  const { path, outside, shardCount } = store
  const life = store.lives++
  const args = [VICTIM, path, outside, shardCount, life, SEED * 1000 + life * 10].map(String)
  const victim = spawn(process.execPath, ['--conditions=@forgeone/source', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  victim.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const ended = once(victim, 'close')
  const said: string[] = []
  let rest = ''
  const told = new Promise<void>((resolve) => {
    victim.stdout.setEncoding('utf8').on('data', (text: string) => {
      // A line that the kill cut short says nothing.
      const lines = (rest + text).split('\n')
      rest = lines.pop()!
      said.push(...lines)
      if (said.some((line) => line === `{"at":"${o.from}"}`)) resolve()
    })
  })
  await Promise.race([told, ended])
  await setTimeout(o.delayMs)
  victim.kill('SIGKILL')
  await ended
  if (victim.signalCode !== 'SIGKILL')
    throw new Error(`it ended by itself: ${errors}${said.slice(-3).join(' ')}`)
  return said.map((line) => JSON.parse(line) as MixLine)
}

/** Kills it at work, and then some that open what this left. */
async function killSome(store: MixStore, round: number, random: SeededRandom): Promise<string[]> {
  const faults: string[] = []
  const openings = round === 0 ? 1 + random.below(3) : random.below(3)
  for (let kill = 0; kill <= openings && tally.kills < KILLS; kill++) {
    // The first store is made under the kills; else those that open come after what was done.
    const opensOnly = round === 0 ? kill < openings : kill > 0
    const lines = await run(
      store,
      opensOnly
        ? { from: 'opening', delayMs: random.below(OPENING_MS_MAX) }
        : { from: 'open', delayMs: random.below(WORK_MS_MAX) },
    )
    tally.kills++
    if (!lines.some(({ at }) => at === 'open')) tally.opening++
    faults.push(...store.model.take(lines))
  }
  return faults
}

async function reopen(store: MixStore, round: number): Promise<string[]> {
  const verify = round % VERIFIED_EVERY === 0 || tally.kills === KILLS
  const forge = await openMix({ ...store, life: store.lives })
  tally.reopened++
  if (verify) tally.verified++
  const faults = await judgeMix(forge, store.model, { verify })
  await forge.close()
  for (const name of readdirSync(store.outside).filter((one) => one.startsWith('image-')))
    rmSync(join(store.outside, name), { recursive: true })
  return faults
}

async function workThrough(store: MixStore, random: SeededRandom): Promise<void> {
  const until = Math.min(KILLS, tally.kills + KILLS_PER_STORE)
  let round = 0
  for (; tally.kills < until; round++) {
    const faults = await killSome(store, round, random)
    faults.push(...(await reopen(store, round)))
    expect(faults, `${store.shardCount} shards, round ${round}, kill ${tally.kills}`).toEqual([])
  }
  const forge = await openMix({ ...store, life: store.lives })
  expect(await drain(forge, store.model)).toEqual([])
  await forge.close()
}

test(`${KILLS} kills of a process that works with everything at once lose nothing and leave nothing half done`, async () => {
  console.log(`seed ${SEED} (set FORGE_TEST_SEED to repeat)`)
  const random = new SeededRandom(SEED)
  for (let index = random.below(SHARDS_MAX); tally.kills < KILLS; index++) {
    using folder = attackFolder()
    const [path, outside] = [join(folder.path, 'data'), join(folder.path, 'outside')]
    mkdirSync(outside)
    const model = new MixModel()
    await workThrough({ path, outside, shardCount: 1 + (index % SHARDS_MAX), model, lives: 0 }, random)
    tally.begun += model.counts.begun
    tally.acked += model.counts.acked
    tally.refused += model.counts.refused
    tally.whole += model.counts.resolvedWhole
    tally.absent += model.counts.resolvedAbsent
  }
  console.log(
    `kills: ${tally.kills}, of them during opening: ${tally.opening}, operations begun: ${tally.begun}, ` +
      `acknowledged: ${tally.acked}, refused: ${tally.refused}, neither, and then there: ${tally.whole}, or not: ` +
      `${tally.absent}, reopenings compared: ${tally.reopened}, ` +
      `verifies: ${tally.verified}`,
  )
}, 7_200_000)
