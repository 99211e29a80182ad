import { fork } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { SeededRandom } from '@forgeone/common'
import { expect, inject, test } from 'vitest'
import { Forge } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

const KILLS = inject('isLongTier') ? 200 : 3
/** A kill comes after so many transactions, of this run, and a little while: where in the next ones is luck. */
const DONE_BEFORE_MAX = 8
const KILL_MS_MAX = 50
const VICTIM = new URL('victims/transactions.ts', import.meta.url)

const sorted = (numbers: readonly number[]): readonly number[] =>
  numbers.toSorted((left, right) => left - right)

/** The numbers of what each part of the transactions left. */
async function partsOf(forge: Forge): Promise<Record<string, readonly number[]>> {
  const events = await forge.events.read({ topic: 'done' }).toArray()
  const logs = await forge.logs.read({ topic: 'done.>' }).toArray()
  const settings = await forge.settings.list('done.')
  const secrets = await forge.vault.list('done/*')
  return {
    events: sorted(events.map(({ payload }) => payload as number)),
    logs: sorted(logs.map(({ message }) => Number(message))),
    settings: sorted(settings.map(({ name }) => Number(name.split('.')[1]))),
    vault: sorted(secrets.map(({ path }) => Number(path.split('/')[1]))),
  }
}

test('a process that is killed in the middle of transactions leaves each wholly or not at all, and every acknowledged one', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'data')
  const random = new SeededRandom(31)
  const acknowledged = new Set<number>()
  for (let kill = 0; kill < KILLS; kill++) {
    const child = fork(VICTIM, [path], { execArgv: process.execArgv, stdio: 'inherit' })
    const before = acknowledged.size
    const doneBefore = 1 + random.below(DONE_BEFORE_MAX)
    await new Promise<void>((resolve) => {
      child.on('message', (done) => {
        if (typeof done === 'number') acknowledged.add(done)
        if (acknowledged.size - before >= doneBefore) resolve()
      })
    })
    await setTimeout(random.below(KILL_MS_MAX))
    const gone = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGKILL')
    await gone
    await using forge = await Forge.open({ path, secret: SECRET, shardCount: 3 })
    const { events, ...others } = await partsOf(forge)
    for (const [part, numbers] of Object.entries(others)) expect([part, numbers]).toEqual([part, events])
    expect([...acknowledged].filter((done) => !events!.includes(done))).toEqual([])
    const work = await forge.events.read({ topic: 'work' }).toArray()
    if (forge.events.groups.get('workers') !== undefined)
      expect((await forge.events.groups.lag('workers')).entries).toBe(work.length - events!.length)
  }
  expect(acknowledged.size).toBeGreaterThanOrEqual(KILLS)
})
