import { parseZone, type ZoneOffset } from './zone.ts'

/** `Europe/Berlin`, `America/Argentina/Buenos_Aires`, `Etc/GMT+3`, `US/Pacific`. */
const ZONE_NAME = /[A-Z][A-Za-z_]+(?:\/[A-Za-z0-9_+-]+){1,2}(?![\w/.])/y
/** A text has few zones; what looks like one and is none, such as a path, need not be tried for ever. */
const NAMES_MAX = 256

/** Zones of the tz database that stand in texts, such as PHP writes behind its times. */
export class NamedZones {
  /** Where the last name ended. */
  end = 0
  readonly #zones = new Map<string, ZoneOffset | undefined>()

  /** The zone whose name stands at `at` or behind one blank. */
  at(text: string, at: number): ZoneOffset | undefined {
    const start = text.charCodeAt(at) === 32 ? at + 1 : at
    // Most often a level in capitals stands here; of zones only US/… begins so.
    if (text.charCodeAt(start + 1) < 97 && text.charCodeAt(start + 2) !== 47) return undefined
    ZONE_NAME.lastIndex = start
    const name = ZONE_NAME.exec(text)?.[0]
    if (name === undefined) return undefined
    this.end = ZONE_NAME.lastIndex
    if (!this.#zones.has(name) && this.#zones.size < NAMES_MAX) this.#zones.set(name, zoneOf(name))
    return this.#zones.get(name)
  }
}

function zoneOf(name: string): ZoneOffset | undefined {
  try {
    return parseZone(name)
  } catch {
    return undefined
  }
}
