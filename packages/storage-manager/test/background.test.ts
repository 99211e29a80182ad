import { setTimeout } from 'node:timers/promises'
import { join } from 'node:path'
import { ForgeError, ManualClock } from '@forgeone/common'
import { ManualTimer } from '@forgeone/common/testing'
import { Background, type Job } from '@forgeone/engine'
import { expect, test } from 'vitest'
import { Forge } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

const HOUR_MS = 3_600_000

function backgroundOf(jobs: readonly Job[], mayWrite = (): boolean => true) {
  const [clock, timer] = [new ManualClock(), new ManualTimer()]
  const problems = new Map<string, string>()
  const background = new Background({
    jobs,
    clock,
    timer,
    mayWrite,
    reportProblem: (problem, where) =>
      problem === undefined ? problems.delete(where) : problems.set(where, problem.code),
  })
  /** Lets time pass, and everything that comes due run to its end. */
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    timer.advance(ms)
    await setTimeout(0)
  }
  return { background, problems, timer, pass }
}

test('jobs run at their first time and then so long after each end, one at a time', async () => {
  const begun: string[] = []
  const slow = Promise.withResolvers<void>()
  const { background, pass } = backgroundOf([
    { name: 'slow', firstMs: 10, everyMs: 100, run: () => (begun.push('slow'), slow.promise) },
    { name: 'quick', everyMs: 20, run: async () => void begun.push('quick') },
  ])
  await pass(9)
  expect(begun).toEqual([])
  await pass(1)
  await pass(50)
  // The other one waits for its turn.
  expect([begun, background.list().map(({ state }) => state)]).toEqual([['slow'], ['running', 'waiting']])
  slow.resolve()
  await setTimeout(0)
  expect(begun).toEqual(['slow', 'quick'])
  await pass(20)
  expect(begun).toEqual(['slow', 'quick', 'quick'])
  await pass(100)
  expect(begun.filter((name) => name === 'slow').length).toBe(2)
  expect(background.list()[0]).toMatchObject({ name: 'slow', runs: 2, failures: 0 })
})

test('a short job waits for no long one, and one that is not due does not run', async () => {
  const begun: string[] = []
  const slow = Promise.withResolvers<void>()
  let isDue = false
  const { background, pass } = backgroundOf([
    { name: 'slow', everyMs: 10, run: () => (begun.push('slow'), slow.promise) },
    { name: 'short', isShort: true, everyMs: 20, run: async () => void begun.push('short') },
    {
      name: 'idle',
      isShort: true,
      isDue: () => isDue,
      everyMs: 20,
      run: async () => void begun.push('idle'),
    },
  ])
  await pass(20)
  expect(begun).toEqual(['slow', 'short'])
  expect(background.list()[2]).toMatchObject({ runs: 0, lastBegan: null })
  isDue = true
  await pass(20)
  expect(begun).toEqual(['slow', 'short', 'short', 'idle'])
  slow.resolve()
  await background.close()
})

test('a job that cannot say whether it is due fails as one that runs does, and is closed with the store', async () => {
  const failure = new ForgeError('IO_FAILED', 'it does not know')
  const isDue = (): boolean => {
    throw failure
  }
  const { background, problems, pass } = backgroundOf([
    { name: 'odd', everyMs: 10, isDue, run: () => Promise.resolve() },
  ])
  await pass(10)
  expect([...problems]).toEqual([['odd', 'IO_FAILED']])
  expect(background.list()[0]).toMatchObject({ state: 'waiting', runs: 1, failures: 1 })
  await background.close()
  expect(background.list()[0]!.state).toBe('closed')
})

test('work that an event makes due begins at once, once more when it was asked for meanwhile, and not while paused', async () => {
  let runs = 0
  let ended = Promise.withResolvers<void>()
  const job: { runSoon?: () => void } = {}
  const run = (): Promise<void> => {
    runs++
    return ended.promise
  }
  const { background, pass } = backgroundOf([
    { name: 'work', everyMs: 1000, run, onSchedule: (runSoon) => (job.runSoon = runSoon) },
  ])
  job.runSoon?.()
  job.runSoon?.()
  await pass(0)
  expect(runs).toBe(1)
  job.runSoon?.()
  job.runSoon?.()
  ended.resolve()
  ended = Promise.withResolvers<void>()
  await pass(0)
  await pass(1)
  expect(runs).toBe(2)
  ended.resolve()
  await pass(0)
  await background.pause()
  job.runSoon?.()
  await pass(1)
  expect(runs).toBe(2)
  await background.resume()
  job.runSoon?.()
  await pass(1)
  expect(runs).toBe(3)
  await background.close()
  job.runSoon?.()
  await pass(5000)
  expect(runs).toBe(3)
})

test('what fails is told once under its name, tried again, and taken back when it works', async () => {
  let fails = true
  const run = async (): Promise<void> => {
    if (fails) throw new ForgeError('IO_FAILED', 'it does not work')
  }
  const { background, problems, pass } = backgroundOf([{ name: 'a job', everyMs: 10, run }])
  await pass(10)
  expect([...problems]).toEqual([['a job', 'IO_FAILED']])
  fails = false
  await pass(10)
  expect([...problems]).toEqual([])
  expect(background.list()).toMatchObject([{ runs: 2, failures: 1 }])
})

test('nothing begins while it is paused, where the store cannot be written, or once it is closed', async () => {
  let runs = 0
  let mayWrite = true
  const { background, timer, pass } = backgroundOf(
    [{ name: 'a job', everyMs: 10, run: async () => void runs++ }],
    () => mayWrite,
  )
  await background.pause()
  await pass(30)
  expect([runs, background.list()[0]!.state]).toEqual([0, 'paused'])
  await background.resume()
  mayWrite = false
  await pass(10)
  expect(runs).toBe(0)
  mayWrite = true
  await pass(10)
  expect(runs).toBe(1)
  await background.close()
  await pass(100)
  expect([runs, timer.waiting]).toEqual([1, 0])
})

test('closing ends a job by its signal, waits for it, and calls it no failure', async () => {
  let ended = false
  const { background, problems, pass } = backgroundOf([
    {
      name: 'a job',
      everyMs: 10,
      run: async (signal) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        ended = true
        signal.throwIfAborted()
      },
    },
  ])
  await pass(10)
  await background.close()
  expect([ended, [...problems]]).toEqual([true, []])
})

test('rules of retention apply by themselves while a store is open, and what is held stays', async () => {
  await using folder = await temporaryFolder()
  const [clock, timer] = [new ManualClock(), new ManualTimer()]
  await using forge = await Forge.open({
    path: join(folder.path, 'data'),
    secret: SECRET,
    shardCount: 1,
    clock,
    timer,
  })
  const { topicOperations } = forge.logs
  await topicOperations.create('held', { legalHold: true })
  for (const topic of ['short', 'held', 'long']) await forge.logs.append({ topic, message: 'old' })
  await topicOperations.setRetention('>', { maxAgeMs: HOUR_MS })
  await topicOperations.update('long', { retention: { maxAgeMs: 100 * HOUR_MS } })
  clock.advance(2 * HOUR_MS)
  timer.advance(2 * HOUR_MS)
  await expect
    .poll(() => forge.stats().background.find(({ name }) => name === 'retention of logs')!.runs)
    .toBe(1)
  expect(forge.logs.topics().map(({ name, count }) => [name, count])).toEqual([
    ['held', 1],
    ['long', 1],
    ['short', 0],
  ])
  expect(forge.health()).toMatchObject({ state: 'healthy', reasons: [] })
})
