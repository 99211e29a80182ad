import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { SeededRandom } from '@forgeone/common'
import { expect, test } from 'vitest'
import { PERMISSIONS } from './plans.ts'
import { Forge } from '../src/index.ts'
import { IS_LONG_TIER, SEED } from './attack/tier.ts'
import { MAINTENANCE_CALLS } from './maintenance-calls.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

const VICTIM = join(import.meta.dirname, 'victims', 'call-pair.ts')
/** Of all pairs, those with `forge.flush` and so many more run with every test. */
const SAMPLE = 3
const RUN_MS_MAX = 600

/** What only reads, or is one ordinary commit: nothing of it is exclusive. */
const ORDINARY =
  /^(forge\.(health|metrics|metricsHistory|stats|connections|as|authenticate|damagedRows|removeDamagedRow|checkpoints|forgetCheckpoint|publishTo)|keys\.status|audit\.(leaf|query|indexFault|lastCheckpoint|checkpoints|prove|consistency|rootAt|receipt|newestNote|caughtUp|tile|addCosignatures|prune|useSigners|load|observe|succeed|refuseSigning|settle|start|stop|close)|subjects\.(seal|open|hold|release))$/

test('every method of the faces that change keys, journal or files is among the calls that are paired', () => {
  const missing = (['forge', 'keys', 'audit', 'subjects', 'compliance'] as const).flatMap((face) =>
    Object.keys(PERMISSIONS[face])
      .map((method) => `${face}.${method}`)
      .filter((name) => !ORDINARY.test(name) && MAINTENANCE_CALLS[name] === undefined),
  )
  expect(missing).toEqual([])
})

function allPairs(): readonly (readonly [string, string])[] {
  const names = Object.keys(MAINTENANCE_CALLS)
  return names.flatMap((one, index) => names.slice(index).map((other) => [one, other] as const))
}

function chosenPairs(random: SeededRandom): readonly (readonly [string, string])[] {
  const pairs = allPairs()
  if (IS_LONG_TIER) return pairs
  const flushes = pairs.filter(([one, other]) => one === 'forge.flush' && other === 'forge.flush')
  return [...flushes, ...Array.from({ length: SAMPLE }, () => pairs[random.below(pairs.length)]!)]
}

async function run(o: {
  readonly path: string
  readonly outside: string
  readonly pair: readonly [string, string]
  readonly delayMs: number
}): Promise<readonly string[]> {
  const args = ['--conditions=@forgeone/source', VICTIM, o.path, o.outside, ...o.pair]
  const victim = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  victim.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  victim.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const ended = once(victim, 'close')
  while (!output.includes('open\n') && victim.exitCode === null) await setTimeout(5)
  await setTimeout(o.delayMs)
  victim.kill('SIGKILL')
  await ended
  const closed = o.pair.includes('forge.close') && victim.exitCode === 0
  if (victim.signalCode !== 'SIGKILL' && !closed) throw new Error(`${o.pair.join(' ')}: ${errors}${output}`)
  // A line that the kill cut short was never a promise.
  return output.split('\n').slice(0, -1)
}

/** What was acknowledged last of each writer. */
function acknowledged(lines: readonly string[], kind: string): Map<string, number> {
  const words = lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.split(' '))
  return new Map(words.map(([, name, value]) => [name!, Number(value)]))
}

async function expectKept(path: string, lines: readonly string[], pair: string): Promise<void> {
  const forge = await Forge.open({ path, secret: SECRET, create: 'never' })
  expect(
    forge.health().reasons.filter(({ code }) => code !== 'JOURNAL_TAIL_TORN'),
    pair,
  ).toEqual([])
  for (const [name, value] of acknowledged(lines, 'setting'))
    expect(await forge.settings.get(`acked.${name}`), pair).toBeGreaterThanOrEqual(value)
  const counts = new Map<string, number>()
  for await (const { payload } of forge.events.read({ topic: 'acked' })) {
    const { name } = payload as { readonly name: string }
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  if (!pair.includes('compactKeys'))
    for (const [name, value] of acknowledged(lines, 'event'))
      expect(counts.get(name), pair).toBeGreaterThanOrEqual(value)
  expect(
    (await forge.verify()).problems.filter(({ code }) => code !== 'JOURNAL_TAIL_TORN'),
    pair,
  ).toEqual([])
  await forge.close()
}

test('any two calls side by side, and a kill while they run, lose nothing and leave a store that opens', async () => {
  console.log(`seed ${SEED} (set FORGE_TEST_SEED to repeat)`)
  const random = new SeededRandom(SEED)
  const pairs = chosenPairs(random)
  const failures: string[] = []
  for (const [index, pair] of pairs.entries()) {
    await using folder = await temporaryFolder()
    const outside = join(folder.path, 'outside')
    mkdirSync(outside)
    const path = join(folder.path, 'data')
    const title = `pair ${index}: ${pair.join(' beside ')}`
    try {
      const lines = await run({ path, outside, pair, delayMs: 100 + random.below(RUN_MS_MAX) })
      expect(lines.filter((line) => line.startsWith('defect'))).toEqual([])
      await expectKept(path, lines, title)
    } catch (error) {
      failures.push(`${title}: ${String(error)}`)
    }
  }
  expect(failures).toEqual([])
  console.log(`pairs killed: ${pairs.length}`)
}, 3_600_000)
