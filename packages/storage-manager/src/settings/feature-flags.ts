import { hash } from 'node:crypto'
import { ForgeError, refuseOtherMembers } from '@forgeone/common'
import { z } from 'zod'
import type { Settings } from './settings.ts'

/** When a feature is on. */
export interface FeatureFlag {
  readonly enabled: boolean
  /** Share of subjects for whom an enabled flag is on, 0 to 100; all when absent. */
  readonly percent?: number | undefined
}

/** Switches that can be turned while the application runs, for everybody or a steady share of subjects. */
export class FeatureFlags {
  readonly #settings: Settings

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** @throws SETTING_INVALID */
  async set(name: string, flag: FeatureFlag): Promise<void> {
    refuseOtherMembers(flag, { code: 'SETTING_INVALID', names: ['enabled', 'percent'], what: 'the flag' })
    const checked = flagOf(flag)
    if (checked === undefined) {
      throw new ForgeError('SETTING_INVALID', 'a flag is { enabled: boolean, percent?: 0 to 100 }', {
        details: { field: 'percent' },
      })
    }
    const { enabled, percent } = checked
    await this.#settings.set(name, percent === undefined ? { enabled } : { enabled, percent })
  }

  /** An unknown flag is off. A subject stays on the same side as long as the share does not cross it. */
  async isEnabled(name: string, subject: string = ''): Promise<boolean> {
    if (typeof subject !== 'string')
      throw new ForgeError('SETTING_INVALID', 'a subject is text', { details: { field: 'subject' } })
    const flag = flagOf(await this.#settings.get(name))
    return flag?.enabled === true && placeOf(name, subject) < (flag.percent ?? 100)
  }

  async list(): Promise<ReadonlyMap<string, FeatureFlag>> {
    const settings = await this.#settings.list()
    // One that `set` did not write is off, and no flag.
    return new Map(
      settings.flatMap(({ name, value }): [string, FeatureFlag][] => {
        const flag = flagOf(value)
        return flag === undefined ? [] : [[name, flag]]
      }),
    )
  }
}

const schema: z.ZodType<FeatureFlag> = z.object({
  enabled: z.boolean(),
  percent: z.number().min(0).max(100).optional(),
})

/** A flag, as it is set and as it is read back; undefined for what is none. */
function flagOf(value: unknown): FeatureFlag | undefined {
  try {
    const parsed = schema.safeParse(value)
    return parsed.success ? parsed.data : undefined
  } catch {
    // An object may throw when it is looked at.
    return undefined
  }
}

/** 0 to 100, steady for a flag and subject. */
function placeOf(name: string, subject: string): number {
  const digest = hash('sha256', `${name}\0${subject}`, 'buffer')
  return (digest.readUInt32BE(0) / 0x1_0000_0000) * 100
}
