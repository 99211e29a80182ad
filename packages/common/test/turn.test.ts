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

test('of many that work side by side each has its turn, and the loop goes round after every turn', async () => {
  let nowMs = 0
  const turn = new Turn(() => nowMs)
  const pieces: string[] = []
  const sinceRound = { pieces: 0, most: 0 }
  const work = async (name: string): Promise<void> => {
    for (let piece = 0; piece < 8; piece++) {
      pieces.push(name)
      sinceRound.most = Math.max(sinceRound.most, ++sinceRound.pieces)
      // A quarter of a turn.
      nowMs += 2
      await turn.giveWay()
    }
  }
  const loop = { goesOn: true }
  const goRound = (): void => {
    sinceRound.pieces = 0
    if (loop.goesOn) setImmediate(goRound)
  }
  goRound()
  const names = Array.from({ length: 50 }, (_, n) => `${n}`)
  // They begin one after another, as callers do.
  for (const name of names) {
    void work(name)
    await turn.giveWay()
  }
  while (pieces.length < 400) await new Promise((resolve) => setImmediate(resolve))
  loop.goesOn = false
  expect(sinceRound.most).toBeLessThan(12)
  for (const name of names) expect(pieces.filter((each) => each === name)).toHaveLength(8)
})

test('whoever waits for the next turn waits until the loop went round, however short its own was', async () => {
  const turn = new Turn(() => 0)
  let rounds = 0
  const loop = { goesOn: true }
  const goRound = (): void => {
    rounds++
    if (loop.goesOn) setImmediate(goRound)
  }
  setImmediate(goRound)
  for (let n = 0; n < 10; n++) await turn.next()
  loop.goesOn = false
  expect(rounds).toBeGreaterThanOrEqual(10)
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
