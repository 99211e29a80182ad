import { hash } from 'node:crypto'
import { ForgeError } from '@forgeone/common'
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
    const { enabled, percent } = flag
    if (typeof enabled !== 'boolean' || (percent !== undefined && !(percent >= 0 && percent <= 100))) {
      throw new ForgeError('SETTING_INVALID', 'a flag is { enabled: boolean, percent?: 0 to 100 }', {
        details: { field: 'percent' },
      })
    }
    await this.#settings.set(name, percent === undefined ? { enabled } : { enabled, percent })
  }

  /** An unknown flag is off. A subject stays on the same side as long as the share does not cross it. */
  async isEnabled(name: string, subject: string = ''): Promise<boolean> {
    const value = await this.#settings.get(name)
    if (typeof value !== 'object' || value === null || !('enabled' in value) || value.enabled !== true)
      return false
    const percent = 'percent' in value && typeof value.percent === 'number' ? value.percent : 100
    return placeOf(name, subject) < percent
  }

  async list(): Promise<ReadonlyMap<string, FeatureFlag>> {
    const settings = await this.#settings.list()
    // Written by `set` above in this shape.
    return new Map(settings.map((setting) => [setting.name, setting.value as unknown as FeatureFlag]))
  }
}

/** 0 to 100, steady for a flag and subject. */
function placeOf(name: string, subject: string): number {
  const digest = hash('sha256', `${name}\0${subject}`, 'buffer')
  return (digest.readUInt32BE(0) / 0x1_0000_0000) * 100
}
