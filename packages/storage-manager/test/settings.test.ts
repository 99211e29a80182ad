import { describe, expect, inject, test } from 'vitest'
import { Forge, SETTING_VALUE_BYTES_MAX, SETTINGS_MAX } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

const failing = (code: string, details: object = {}): unknown =>
  expect.objectContaining({ code, details: expect.objectContaining(details) })

async function withForge(
  action: (forge: Forge, reopen: () => Promise<Forge>) => Promise<void>,
): Promise<void> {
  await using folder = await temporaryFolder()
  let forge: Forge | undefined
  const open = async (): Promise<Forge> => {
    await forge?.close()
    forge = await Forge.open({ path: folder.path, secret: SECRET, shardCount: 1 })
    return forge
  }
  try {
    await action(await open(), open)
  } finally {
    await forge?.close()
  }
}

describe('settings', () => {
  test('keep value, version and time over a reopening', () =>
    withForge(async (forge, reopen) => {
      expect(await forge.settings.get('a')).toBeUndefined()
      expect(await forge.settings.set('a', { z: 1, b: [null, 'é'] })).toMatchObject({ name: 'a', version: 1 })
      await forge.settings.set('a', false)
      await forge.settings.set('a.b', 'x')
      const { settings } = await reopen()
      expect(await settings.get('a')).toBe(false)
      expect(await settings.describe('a')).toMatchObject({ version: 2, value: false })
      expect((await settings.list()).map(({ name }) => name)).toEqual(['a', 'a.b'])
      expect((await settings.list('a.')).map(({ value }) => value)).toEqual(['x'])
      expect([await settings.delete('a'), await settings.delete('a')]).toEqual([true, false])
      expect(await settings.list()).toHaveLength(1)
    }))

  test('with an expected version let one of many callers through', () =>
    withForge(async ({ settings }) => {
      const tries = await Promise.allSettled(
        Array.from({ length: 10 }, (_, n) => settings.set('a', n, { expectedVersion: 0 })),
      )
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const one of tries)
        if (one.status === 'rejected')
          expect(one.reason).toEqual(failing('STREAM_VERSION_CONFLICT', { actual: 1 }))
      await expect(settings.set('a', 1, { expectedVersion: 0 })).rejects.toEqual(
        failing('STREAM_VERSION_CONFLICT', { actual: 1, expected: 0 }),
      )
      await settings.set('a', 2, { expectedVersion: 1 })
    }))

  test('set at once count their versions without gap, and the last one stands', () =>
    withForge(async ({ settings }) => {
      const all = await Promise.all(Array.from({ length: 50 }, (_, n) => settings.set('a', n)))
      expect(all.map(({ version }) => version)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1))
      expect(await settings.describe('a')).toMatchObject({ version: 50, value: 49 })
    }))

  test('have names of letters and digits in parts, and JSON values of bounded size', () =>
    withForge(async ({ settings }) => {
      for (const name of ['a', 'a.b/c:d', 'größe', '$x-y_z', 'a'.repeat(255)]) await settings.set(name, 1)
      for (const name of ['', 'a b', '.a', 'a..b', 'a.', 'a'.repeat(256), 'é'.repeat(128), 'a\0']) {
        await expect(settings.set(name, 1)).rejects.toEqual(failing('SETTING_INVALID', { field: 'name' }))
        await expect(settings.get(name)).rejects.toEqual(failing('SETTING_INVALID'))
      }
      await settings.set('a', 'x'.repeat(SETTING_VALUE_BYTES_MAX - 2))
      for (const value of ['x'.repeat(SETTING_VALUE_BYTES_MAX - 1), undefined, NaN, new Date(0)]) {
        await expect(settings.set('a', value as never)).rejects.toEqual(failing('SETTING_INVALID'))
      }
    }))
})

describe('feature flags', () => {
  test('are off until they are switched on, for everybody or a steady share', () =>
    withForge(async ({ flags, settings }) => {
      const users = Array.from({ length: 500 }, (_, n) => `user-${n}`)
      const on = async (): Promise<string[]> => {
        const answers = await Promise.all(users.map((user) => flags.isEnabled('new', user)))
        return users.filter((_, n) => answers[n])
      }
      expect(await on()).toEqual([])
      await flags.set('new', { enabled: true, percent: 20 })
      const few = await on()
      expect(few.length).toBeGreaterThan(60)
      expect(few.length).toBeLessThan(140)
      expect(await on()).toEqual(few)
      await flags.set('new', { enabled: true, percent: 60 })
      expect(await on()).toEqual(expect.arrayContaining(few))
      await flags.set('new', { enabled: true })
      expect(await on()).toHaveLength(500)
      await flags.set('new', { enabled: false })
      expect(await on()).toEqual([])
      expect([...(await flags.list())]).toEqual([['new', { enabled: false }]])
      expect(await settings.list()).toEqual([])
    }))

  test.each([{ enabled: 'yes' }, { enabled: true, percent: 101 }, { enabled: true, percent: NaN }])(
    'of the form %j are refused',
    (flag) =>
      withForge(async ({ flags }) => {
        await expect(flags.set('new', flag as never)).rejects.toEqual(failing('SETTING_INVALID'))
      }),
  )
})

// Of the long tier: it takes as long as a hundred thousand commits.
test.runIf(inject('isLongTier'))(
  'the hundred-thousand-and-first setting is refused, and a change of one is not',
  () =>
    withForge(async (forge) => {
      const wave = 2000
      for (let first = 0; first < SETTINGS_MAX; first += wave) {
        const names = Array.from({ length: wave }, (_, n) => `s${first + n}`)
        await Promise.all(names.map((name) => forge.settings.set(name, 1)))
      }
      await expect(forge.settings.set('one.more', 1)).rejects.toEqual(failing('SETTING_INVALID'))
      await forge.settings.set('s7', 2)
      await forge.settings.delete('s8')
      await forge.settings.set('one.more', 1)
      await expect(forge.settings.set('s8', 1)).rejects.toEqual(failing('SETTING_INVALID'))
    }),
)
