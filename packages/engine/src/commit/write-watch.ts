import { asBuffer, type SealedOperation } from '@forgeone/common'

/** Remembers which keys of one database commits touched since it began. */
export class WriteWatch {
  readonly #database: string
  readonly #keys = new Set<string>()

  constructor(database: string) {
    this.#database = database
  }

  note(operations: readonly SealedOperation[]): void {
    for (const { database, key } of operations) if (database === this.#database) this.#keys.add(nameOf(key))
  }

  touched(key: Uint8Array): boolean {
    return this.#keys.has(nameOf(key))
  }
}

function nameOf(key: Uint8Array): string {
  return asBuffer(key).toString('latin1')
}
