import { expect, test } from 'vitest'
import { Turns } from '../src/index.ts'

test('actions run one at a time in the order in which they were asked for, whatever came of the ones before', async () => {
  const turns = new Turns()
  const seen: string[] = []
  const action = (name: string, fails: boolean) => async (): Promise<string> => {
    seen.push(`${name} begins`)
    await new Promise((resolve) => setTimeout(resolve, 1))
    seen.push(`${name} ends`)
    if (fails) throw new Error(name)
    return name
  }
  const results = await Promise.allSettled([
    turns.run(action('a', false)),
    turns.run(action('b', true)),
    turns.run(action('c', false)),
  ])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(seen).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]))
})

test('idle settles behind actions that are asked for while it waits', async () => {
  const turns = new Turns()
  const seen: string[] = []
  void turns.run(async () => {
    void turns.run(async () => void seen.push('second'))
    seen.push('first')
  })
  await turns.idle()
  expect(seen).toEqual(['first', 'second'])
})
