import { expect, test } from 'vitest'
import { SEALS_STEP_FIRST, SEALS_STEP_MAX } from '../src/index.ts'
import { SealBudget } from '../src/sealing/seal-budget.ts'
import { bytes, codeOf, create, MemoryKeyringFile, reopen } from './fixtures.ts'

/** A budget over a keyring that is one number, written at once or, in the background, when asked to land. */
function budgetFrom({ reserved, max }: { reserved: number; max: number }) {
  const disk = { reserved, now: 0, soon: 0 }
  const land = (): void => {
    disk.reserved = budget.planned
    budget.grant(disk.reserved)
  }
  const reservations = {
    reserveNow: () => {
      disk.now++
      budget.plan()
      land()
    },
    reserveSoon: () => {
      disk.soon++
      budget.plan()
    },
  }
  const budget: SealBudget = new SealBudget({ max, keyId: 7, reserved, reservations })
  return { budget, disk, land }
}

test('no seal is ever made that the disk does not cover', () => {
  const { budget, disk, land } = budgetFrom({ reserved: 0, max: 2 ** 31 })
  for (let used = 1; used <= 3_000_000; used++) {
    budget.take()
    if (used > disk.reserved) expect.fail(`seal ${used} above ${disk.reserved}`)
    if (used % 50_000 === 0) land()
  }
})

test('the next step is asked for in the background once half of the last is left', () => {
  const { budget, disk, land } = budgetFrom({ reserved: 0, max: 2 ** 31 })
  for (let used = 0; used < SEALS_STEP_FIRST / 2; used++) budget.take()
  expect(disk).toEqual({ reserved: SEALS_STEP_FIRST, now: 1, soon: 0 })
  for (let used = 0; used < 10; used++) budget.take()
  expect(disk).toEqual({ reserved: SEALS_STEP_FIRST, now: 1, soon: 1 })
  land()
  for (let used = 0; used < SEALS_STEP_FIRST; used++) budget.take()
  expect(disk.now).toBe(1)
})

test('steps grow, but not past their maximum', () => {
  const { budget, disk } = budgetFrom({ reserved: 0, max: 2 ** 31 })
  let before = 0
  const steps = new Set<number>()
  for (let used = 0; used < 4 * SEALS_STEP_MAX; used++) {
    budget.take()
    if (disk.reserved !== before) steps.add(disk.reserved - before)
    before = disk.reserved
  }
  expect(Math.min(...steps)).toBe(SEALS_STEP_FIRST)
  expect(Math.max(...steps)).toBe(SEALS_STEP_MAX)
})

test('at the cap a seal is refused, and fifty crashes on the way do not pass it', () => {
  const max = SEALS_STEP_FIRST * 40 + 123
  let reserved = 0
  for (let crash = 0; crash < 50; crash++) {
    const { budget, disk } = budgetFrom({ reserved, max })
    if (reserved === max) expect(codeOf(() => budget.take())).toBe('CRYPTO_KEY_EXHAUSTED')
    else budget.take()
    reserved = disk.reserved
    expect(reserved).toBeLessThanOrEqual(max)
  }
  expect(reserved).toBe(max)
})

test('the cap can be used to its last seal', () => {
  const { budget } = budgetFrom({ reserved: 2 ** 31 - 3, max: 2 ** 31 })
  for (let seal = 0; seal < 3; seal++) budget.take()
  expect(codeOf(() => budget.take())).toBe('CRYPTO_KEY_EXHAUSTED')
})

test('opening and reading write nothing; the first seal reserves for every scope in one write', async () => {
  const file = new MemoryKeyringFile()
  const keyring = await create({ file, scopes: ['a', 'b', 'journal'] })
  expect(file.writes).toBe(1)
  keyring.sealer('a', bytes('k')).seal(bytes('x'), bytes('y'))
  expect(file.writes).toBe(2)
  const opened = await reopen({ file })
  expect(file.writes).toBe(2)
  opened.sealer('b', bytes('k')).seal(bytes('x'), bytes('y'))
  opened.sealer('journal', bytes('k')).seal(bytes('x'), bytes('y'))
  expect(file.writes).toBe(3)
  const reserved = opened.list().map((key) => [key.scope, key.sealsReserved])
  const twice = 2 * SEALS_STEP_FIRST
  expect(reserved).toEqual([
    ['index', 0],
    ['a', twice],
    ['b', twice],
    ['journal', twice],
  ])
})

test('a store without encryption counts no seals', async () => {
  const file = new MemoryKeyringFile()
  const keyring = await create({ file, suite: 'none' })
  keyring.sealer('a', bytes('k')).seal(bytes('x'), bytes('y'))
  expect(file.writes).toBe(1)
})

test('a reservation that cannot be written stops the seal, and the next one tries again', async () => {
  const file = new MemoryKeyringFile()
  const sealer = (await create({ file })).sealer('a', bytes('k'))
  file.failing = true
  expect(codeOf(() => sealer.seal(bytes('x'), bytes('y')))).toBe('IO_FAILED')
  file.failing = false
  expect(codeOf(() => sealer.seal(bytes('x'), bytes('y')))).toBe('nothing')
})

test('a failed background write is made up for when the grant ends', async () => {
  const file = new MemoryKeyringFile()
  const keyring = await create({ file })
  const sealer = keyring.sealer('a', bytes('k'))
  const seal = (count: number): void => {
    for (let index = 0; index < count; index++) sealer.seal(bytes('x'), bytes('y'))
  }
  seal(1)
  file.failing = true
  seal(SEALS_STEP_FIRST - 1)
  await keyring.flush()
  expect(codeOf(() => seal(1))).toBe('IO_FAILED')
  file.failing = false
  seal(1)
  expect(keyring.list()[1]!.sealsReserved).toBe(SEALS_STEP_FIRST * 5)
})
