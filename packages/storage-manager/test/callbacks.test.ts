// What an application gives to be called: whatever it throws, the store goes on, and the process lives.

import { ForgeError, type Logger } from '@forgeone/common'
import type { Anchor } from '@forgeone/audit'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { RECHECK_MS } from '../src/access/access-control.ts'
import { Forge, type ForgeOptions } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

/** What may come out of a function: errors, some that look like ours, things that are none, and a promise of one. */
const THROWN: Readonly<Record<string, () => unknown>> = {
  'an error': () => thrown(new Error('of the application')),
  'an error of the system': () => thrown(Object.assign(new Error('of the application'), { code: 'EIO' })),
  'an error of ours': () => thrown(new ForgeError('RECORD_TAMPERED', 'of the application')),
  nothing: () => thrown(undefined),
  'a promise of an error': () => Promise.reject(new Error('of the application')),
}

function thrown(value: unknown): never {
  // Whoever throws may throw anything.
  // oxlint-disable-next-line typescript/only-throw-error
  throw value
}

async function expectSound(forge: Forge): Promise<void> {
  await forge.settings.set('sound', 1)
  expect(await forge.settings.get('sound')).toBe(1)
  expect((await forge.verify()).problems).toEqual([])
  expect(forge.health().state).toBe('healthy')
}

async function outcomeOf(run: () => unknown): Promise<unknown> {
  try {
    await run()
    return 'accepted'
  } catch (error) {
    return error
  }
}

const options = (path: string, more: Partial<ForgeOptions> = {}): ForgeOptions => ({
  path: join(path, 'data'),
  secret: SECRET,
  shardCount: 1,
  ...more,
})

for (const [name, fail] of Object.entries(THROWN)) {
  test(`a logger that gives ${name} stops nothing, not even what it is told of`, async () => {
    await using folder = await temporaryFolder()
    await (await Forge.open(options(folder.path))).close()
    writeFileSync(join(folder.path, 'data', 'keyring.copy'), 'garbage')
    // It gives a promise where none is asked for.
    const logger = { log: fail } as Logger
    const forge = await Forge.open(options(folder.path, { logger }))
    expect(forge.health().reasons).toMatchObject([{ code: 'KEYRING_DAMAGED' }])
    await forge.settings.set('sound', 1)
    await forge.close()
    const again = await Forge.open(options(folder.path))
    await expectSound(again)
    await again.close()
  })

  test(`a listener of rights that gives ${name} is warned of; the change stands, and the others hear`, async () => {
    await using folder = await temporaryFolder()
    const warnings: string[] = []
    const logger: Logger = { log: (level, message) => void warnings.push(`${level} ${message}`) }
    const forge = await Forge.open(options(folder.path, { logger }))
    let heard = 0
    const ends = [forge.access.onChange(fail as () => void), forge.access.onChange(() => void heard++)]
    await forge.access.setRoles('ann', ['reader'])
    expect(heard).toBe(1)
    expect(forge.access.list()).toMatchObject([{ principal: 'ann' }])
    // The one by the clock, which nobody waits for.
    await setTimeout(RECHECK_MS + 100)
    expect(heard).toBeGreaterThan(1)
    for (const end of ends) end()
    expect(warnings).toContain('warn a listener of changes of rights failed; the others were told')
    await expectSound(forge)
    await forge.close()
  })

  test(`progress that gives ${name} ends the call that it belongs to, and is no finding`, async () => {
    await using folder = await temporaryFolder()
    const forge = await Forge.open(options(folder.path))
    await forge.settings.set('a', 1)
    await forge.logs.append({ topic: 'app', message: 'x' })
    await forge.keys.rotate()
    const onProgress = fail as () => void
    const expected = await outcomeOf(() => (name.startsWith('a promise') ? undefined : fail()))
    const image = join(folder.path, 'image.raw')
    writeFileSync(image, 'x'.repeat(100_000))
    const calls: readonly (() => unknown)[] = [
      () => forge.verify({ onProgress }),
      () => forge.keys.reseal({ onProgress, pace: 'full' }),
      () => forge.images.digests(image, { onProgress }),
    ]
    for (const call of calls) expect(await outcomeOf(call)).toEqual(expected)
    await expectSound(forge)
    expect(await outcomeOf(() => forge.keys.reseal({ pace: 'full' }))).toBe('accepted')
    await forge.close()
  })

  test(`an anchor that gives ${name} is one that failed`, async () => {
    await using folder = await temporaryFolder()
    // It gives a promise of anything.
    const anchor = {
      kind: 'witness',
      place: 'elsewhere',
      publish: fail,
      newest: async () => undefined,
    } as Anchor
    const other: string[] = []
    const good: Anchor = {
      kind: 'witness',
      place: 'good',
      publish: async (checkpoint) => {
        other.push(checkpoint)
        return []
      },
      newest: async () => undefined,
    }
    const forge = await Forge.open(options(folder.path, { anchors: [anchor, good] }))
    expect(await outcomeOf(() => forge.publishTo(anchor))).toMatchObject({ code: 'AUDIT_ANCHOR_FAILED' })
    await expectSound(forge)
    await forge.close()
    expect(other.length, 'the other has its checkpoint').toBeGreaterThan(0)
  })

  test(`a handler of deliveries that gives ${name} is an attempt that failed`, async () => {
    await using folder = await temporaryFolder()
    const forge = await Forge.open(options(folder.path))
    await forge.events.append([
      { topic: 'orders', payload: 1 },
      { topic: 'orders', payload: 2 },
    ])
    let calls = 0
    const again = Promise.withResolvers<void>()
    const subscription = forge.events.groups.subscribe({ group: 'g', topics: ['orders'] }, () => {
      calls++
      if (calls === 1) return fail()
      return again.resolve()
    })
    await again.promise
    await subscription.close()
    await expectSound(forge)
    await forge.close()
  })

  test(`a key provider that gives ${name} is one that failed, and leaves nothing`, async () => {
    await using folder = await temporaryFolder()
    const keyProvider = {
      kind: 'raw-key',
      create: fail,
      open: fail,
    } as unknown as ForgeOptions['keyProvider']
    const refused = await outcomeOf(() =>
      Forge.open({ path: join(folder.path, 'data'), keyProvider, shardCount: 1 }),
    )
    expect(refused).toBeInstanceOf(ForgeError)
    await using forge = await Forge.open(options(folder.path))
    await expectSound(forge)
  })
}
