import { ForgeError, ManualClock } from '@forgeone/common'
import { describe, expect, it } from 'vitest'
import { FLIGHTS_MAX, MemoryCache, type MemoryCacheOptions } from '../src/index.ts'

function create(options: Partial<MemoryCacheOptions<string, string>> = {}) {
  const clock = new ManualClock()
  const cache = new MemoryCache<string, string>({
    maxEntries: 10,
    clock,
    jitter: 0,
    sweepIntervalMs: 0,
    ...options,
  })
  return { cache, clock }
}

const turn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve))

const fail = (): Promise<string> => Promise.reject(new Error('down'))

describe('getOrLoad', () => {
  it('loads once for 1,000 callers', async () => {
    const { cache } = create()
    const gate = Promise.withResolvers<string>()
    let loads = 0
    const callers = Array.from({ length: 1000 }, () =>
      cache.getOrLoad('k', () => {
        loads++
        return gate.promise
      }),
    )
    gate.resolve('loaded')
    expect(new Set(await Promise.all(callers))).toEqual(new Set(['loaded']))
    expect([loads, cache.get('k'), cache.stats().loads]).toEqual([1, 'loaded', 1])
  })

  it('gives what is stored without loading', async () => {
    const { cache } = create()
    cache.set('k', 'stored')
    expect(await cache.getOrLoad('k', () => expect.unreachable())).toBe('stored')
  })

  it('does not store errors', async () => {
    const { cache } = create()
    await expect(cache.getOrLoad('k', () => Promise.reject(new Error('down')))).rejects.toThrow('down')
    await expect(
      cache.getOrLoad('k', () => {
        throw new Error('down at once')
      }),
    ).rejects.toThrow('down at once')
    expect(await cache.getOrLoad('k', () => 'up')).toBe('up')
    expect(cache.stats()).toMatchObject({ loads: 3, loadErrors: 2 })
  })

  it('remembers that there is no value, for as long as it was told', async () => {
    const { cache, clock } = create({ negativeTtlMs: 50 })
    let loads = 0
    const load = (): undefined => void loads++
    await cache.getOrLoad('k', load)
    await cache.getOrLoad('k', load)
    expect([loads, cache.stats().negative]).toEqual([1, 1])
    clock.advance(51)
    await cache.getOrLoad('k', load, { negativeTtlMs: 1000 })
    clock.advance(999)
    await cache.getOrLoad('k', load)
    expect(loads).toBe(2)
  })

  it('drops a load that loses against an invalidation, and still answers its callers', async () => {
    for (const invalidate of ['delete', 'invalidateWhere', 'clear', 'set'] as const) {
      const { cache } = create()
      const gate = Promise.withResolvers<string>()
      const before = cache.getOrLoad('k', () => gate.promise)
      if (invalidate === 'set') cache.set('k', 'newer')
      else if (invalidate === 'invalidateWhere') cache.invalidateWhere((key) => key === 'k')
      else if (invalidate === 'delete') cache.delete('k')
      else cache.clear()
      const after = invalidate === 'set' ? undefined : cache.getOrLoad('k', () => 'newer')
      gate.resolve('older')
      expect(await before).toBe('older')
      await after
      expect([invalidate, cache.get('k')]).toEqual([invalidate, 'newer'])
    }
  })

  it('leaves a caller who aborts, and loads on for the others', async () => {
    const { cache } = create()
    const gate = Promise.withResolvers<string>()
    const leaving = new AbortController()
    let aborted = false
    const load = (_key: string, { signal }: { readonly signal: AbortSignal }): Promise<string> => {
      signal.addEventListener('abort', () => (aborted = true))
      return gate.promise
    }
    const first = cache.getOrLoad('k', load, { signal: leaving.signal })
    const second = cache.getOrLoad('k', load)
    leaving.abort(new Error('gone'))
    await expect(first).rejects.toThrow('gone')
    gate.resolve('loaded')
    expect([await second, aborted]).toEqual(['loaded', false])
  })

  it('aborts the loader when the last caller aborts, and loads anew for the next', async () => {
    const { cache } = create()
    const leaving = new AbortController()
    const signals: AbortSignal[] = []
    const load = (_key: string, { signal }: { readonly signal: AbortSignal }): Promise<string> => {
      signals.push(signal)
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }
    const calls = [1, 2].map(() => cache.getOrLoad('k', load, { signal: leaving.signal }))
    leaving.abort(new Error('gone'))
    for (const call of calls) await expect(call).rejects.toThrow('gone')
    expect(signals.map((signal) => signal.aborted)).toEqual([true])
    expect(await cache.getOrLoad('k', () => 'next')).toBe('next')
    await expect(cache.getOrLoad('z', load, { signal: leaving.signal })).rejects.toThrow('gone')
    expect(signals).toHaveLength(1)
  })

  it('gives the old value at once in the time of grace while one refresh runs', async () => {
    const { cache, clock } = create({ ttlMs: 100, graceMs: 1000 })
    cache.set('k', 'old')
    clock.advance(150)
    expect(cache.get('k')).toBeUndefined()
    const gate = Promise.withResolvers<string>()
    let loads = 0
    const load = (): Promise<string> => {
      loads++
      return gate.promise
    }
    expect(await Promise.all([cache.getOrLoad('k', load), cache.getOrLoad('k', load)])).toEqual([
      'old',
      'old',
    ])
    gate.resolve('new')
    await turn()
    expect([loads, cache.get('k'), cache.stats().stale]).toEqual([1, 'new', 2])
  })

  it('keeps the old value until grace ends when refreshes fail', async () => {
    const { cache, clock } = create({ ttlMs: 100, graceMs: 1000 })
    cache.set('k', 'old')
    for (const ms of [150, 500, 400]) {
      clock.advance(ms)
      expect(await cache.getOrLoad('k', fail)).toBe('old')
      await turn()
    }
    clock.advance(100)
    await expect(cache.getOrLoad('k', fail)).rejects.toThrow('down')
  })

  it('refreshes by force and hands the loader no stale value then', async () => {
    const { cache } = create()
    cache.set('k', 'old')
    expect(await cache.getOrLoad('k', () => 'new', { forceRefresh: true })).toBe('new')
    expect(cache.get('k')).toBe('new')
  })

  it('refuses more loads at once than the source could bear', async () => {
    const { cache } = create()
    const gate = Promise.withResolvers<string>()
    const running = Array.from({ length: FLIGHTS_MAX }, (_, index) =>
      cache.getOrLoad(`k${index}`, () => gate.promise),
    )
    const failure = await cache.getOrLoad('one more', () => 'x').catch((error: unknown) => error)
    expect((failure as ForgeError).code).toBe('CACHE_OVERLOADED')
    gate.resolve('loaded')
    await Promise.all(running)
    expect(await cache.getOrLoad('one more', () => 'x')).toBe('x')
  })

  it('aborts what is under way when it is disposed', async () => {
    const { cache } = create()
    const seen: AbortSignal[] = []
    const call = cache.getOrLoad('k', (_key, { signal }) => {
      seen.push(signal)
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve('late')))
    })
    cache[Symbol.dispose]()
    expect([await call, cache.get('k'), seen[0]!.aborted]).toEqual(['late', undefined, true])
  })
})
