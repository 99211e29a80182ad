import { expect, it } from 'vitest'
import { StoreHost } from './store-host.ts'

/** Letters in no order that the automaton could remember. */
function shuffled(length: number): string {
  let state = 1
  let text = ''
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    text += (state & 0x10000) === 0 ? 'a' : 'b'
  }
  return text
}

/** Needs a set of places of its own for nearly every letter. */
const SLOW = '~"[ab]*a[ab]{900}[cd]"'

it.each([
  ['a regular expression', SLOW],
  ['many of them', Array.from({ length: 6 }, (_, index) => `NOT ~"[ab]*a[ab]{90${index}}[cd]"`).join(' ')],
  ['a negated one', `NOT ${SLOW}`],
  ['one over metadata', 'metadata.text:~"[ab]*a[ab]{900}[cd]"'],
  ['a phrase that overlaps itself', `"${'b'.repeat(2_000)}"`],
])('a search for %s hears its signal in the middle of one row', async (_, query) => {
  await using host = new StoreHost({ shardCount: 1 })
  const { logs } = await host.open()
  const text = query.startsWith('"') ? 'b'.repeat(60_000) : shuffled(60_000)
  await logs.append({ topic: 't', message: text, metadata: { text: text.slice(0, 15_000) } })
  const aborted = new AbortController()
  let turns = 0
  const count = (): void => {
    if (++turns === 3) aborted.abort()
    else setImmediate(count)
  }
  setImmediate(count)
  await expect(logs.search(query, { signal: aborted.signal }).toArray()).rejects.toThrow('aborted')
  expect(turns).toBe(3)
})

it('a search that is never aborted finds what it should, however often it rests', async () => {
  await using host = new StoreHost({ shardCount: 1 })
  const { logs } = await host.open()
  const text = shuffled(20_000)
  await logs.append([
    { topic: 't', message: text },
    { topic: 't', message: `${text}a${'b'.repeat(900)}c` },
    { topic: 't', message: `${text}e` },
  ])
  const found = await logs.search(`${SLOW} OR ~"[ab]*e$"`).toArray()
  expect(found.map((entry) => entry.message.at(-1))).toEqual(['c', 'e'])
})

it('rows taken without ever waiting leave timers their turn', async () => {
  await using host = new StoreHost({ shardCount: 1 })
  const { logs } = await host.open()
  for (let batch = 0; batch < 20; batch++)
    await logs.append(Array.from({ length: 1_000 }, (_, index) => ({ topic: 't', message: `row ${index}` })))
  let fired = 0
  const timer = setInterval(() => fired++, 1)
  let seen = 0
  for await (const entry of logs.read({ limit: 20_000 })) {
    seen += entry.message.length > 0 ? 1 : 0
    // What the caller does with each of them.
    const endMs = performance.now() + 0.005
    while (performance.now() < endMs);
  }
  clearInterval(timer)
  expect(seen).toBe(20_000)
  expect(fired).toBeGreaterThan(2)
})

/** Far more than fit into the time that three appends take: a loop that starves them ends all the same. */
const CALLS_MAX = 5_000_000

it.each(['get', 'has', 'prove'] as const)(
  'a loop of %s leaves timers and writers their turn',
  async (method) => {
    await using host = new StoreHost({ shardCount: 1 })
    const { events, logs } = await host.open()
    await events.append({ topic: 't', payload: 1, id: 'mine' })
    const work = { isOver: false, fired: 0, written: 0 }
    const timer = setInterval(() => work.fired++, 1)
    const writing = (async () => {
      while (!work.isOver) {
        await logs.append({ topic: 't', message: 'm' })
        work.written++
      }
    })()
    for (let calls = 0; (work.fired < 3 || work.written < 3) && calls < CALLS_MAX; calls++)
      await events[method]('mine')
    work.isOver = true
    clearInterval(timer)
    await writing
    expect(work.fired).toBeGreaterThan(2)
    expect(work.written).toBeGreaterThan(2)
  },
)
