import { expect, test } from 'vitest'
import { BackgroundWork, ForgeError } from '../src/index.ts'

const fails = (cause: unknown) => async (): Promise<never> => await Promise.reject(cause)

test('a failure is told once for as long as it lasts, another one anew, and none when it is over', async () => {
  const told: [string | undefined, string][] = []
  const work = new BackgroundWork('upkeep', (problem, where) => void told.push([problem?.message, where]))
  expect(await work.run(async () => await Promise.resolve())).toBe(true)
  expect(told).toEqual([])
  const full = new ForgeError('STORAGE_FULL', 'the disk is full')
  expect(await work.run(fails(full))).toBe(false)
  expect(await work.run(fails(full))).toBe(false)
  expect(told.splice(0)).toEqual([['upkeep keeps failing: the disk is full', 'upkeep']])
  await work.run(fails(new Error('a text of somebody else, maybe with a secret')))
  expect(told.splice(0)).toEqual([
    [undefined, 'upkeep'],
    ['upkeep keeps failing', 'upkeep'],
  ])
  await work.run(fails(new ForgeError('STORE_CLOSED', 'the store is closed')))
  expect(told).toEqual([])
  await work.run(async () => await Promise.resolve())
  await work.run(async () => await Promise.resolve())
  expect(told).toEqual([[undefined, 'upkeep']])
})
