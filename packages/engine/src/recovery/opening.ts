import type { Keyring } from '@forgeone/crypto'
import type { Database } from '../database/database.ts'
import type { OpenedDatabases } from './open-databases.ts'

/** What is open so far: all of it is closed again when the opening fails. */
export class Opening {
  readonly #keyring: Keyring
  #databases: Iterable<Database> = []

  constructor(keyring: Keyring) {
    this.#keyring = keyring
  }

  keep(opened: OpenedDatabases): OpenedDatabases {
    this.#databases = opened.online.values()
    return opened
  }

  async finish<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action()
    } catch (error) {
      await Promise.allSettled([...this.#databases].map((database) => database.close()))
      await this.#keyring.flush()
      this.#keyring.lock()
      throw error
    }
  }
}
