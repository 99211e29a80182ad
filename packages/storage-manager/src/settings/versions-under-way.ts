/** What the next commit of a name finds, commits in flight included. */
export interface CurrentVersion {
  /** 0: there is none. Changed by whoever builds a commit, and put back when it is refused. */
  version: number
}

interface NameUnderWay extends CurrentVersion {
  users: number
  /** Kept, so that callers go on in the order in which they came. */
  read: Promise<void> | undefined
}

/**
 * The versions of names of which commits are being made. A name is read when the first of them begins, and forgotten when the last has
 * settled: between, memory knows more than the store, and two commits cannot give out one version.
 */
export class VersionsUnderWay {
  readonly #names = new Map<string, NameUnderWay>()
  readonly #storedVersion: (name: string) => Promise<number>

  constructor(storedVersion: (name: string) => Promise<number>) {
    this.#storedVersion = storedVersion
  }

  async during<T>(name: string, action: (current: CurrentVersion) => Promise<T>): Promise<T> {
    const known = this.#names.get(name) ?? { version: 0, users: 0, read: undefined }
    this.#names.set(name, known)
    known.users++
    try {
      await (known.read ??= this.#read(name, known))
      return await action(known)
    } finally {
      if (--known.users === 0) this.#names.delete(name)
    }
  }

  async #read(name: string, known: NameUnderWay): Promise<void> {
    try {
      known.version = await this.#storedVersion(name)
    } catch (cause) {
      known.read = undefined
      throw cause
    }
  }
}
