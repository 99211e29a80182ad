import { expect, test } from 'vitest'
import { Turn } from '../src/index.ts'

const STARVED_MS = 60_000

test('a turn is over after eight milliseconds and begins anew once it gave way', async () => {
  let nowMs = 100
  const turn = new Turn(() => nowMs)
  expect(turn.isOver).toBe(false)
  nowMs += 7
  expect(turn.isOver).toBe(false)
  nowMs += 1
  expect(turn.isOver).toBe(true)
  await turn.giveWay()
  expect(turn.isOver).toBe(false)
})

test('turns are short while somebody who goes round the loop is waited for', () => {
  let nowMs = 100
  const turn = new Turn(() => nowMs)
  expect(turn.isOver).toBe(false)
  nowMs += 0.6
  expect(turn.isOver).toBe(false)
  const ends = [turn.hurry(), turn.hurry()]
  expect(turn.isOver).toBe(true)
  ends[0]!()
  expect(turn.isOver).toBe(true)
  ends[1]!()
  expect(turn.isOver).toBe(false)
})

test('giving way lets a timer through that promises alone would starve', async () => {
  const turn = new Turn()
  const timers = { fired: 0 }
  const timer = setInterval(() => timers.fired++, 1)
  // As long as a busy machine needs; a loop that starves the timer ends all the same.
  const endMs = performance.now() + STARVED_MS
  while (timers.fired <= 3 && performance.now() < endMs) await turn.giveWay()
  clearInterval(timer)
  expect(timers.fired).toBeGreaterThan(3)
})

test('a call that comes after the loop went round begins a turn, however late it comes', async () => {
  let nowMs = 0
  const turn = new Turn(() => nowMs)
  expect(turn.isOver).toBe(false)
  // Behind what the turn waits for; a timer that is due already may come before it.
  await new Promise((resolve) => setImmediate(resolve))
  nowMs += 50
  expect(turn.isOver).toBe(false)
})
