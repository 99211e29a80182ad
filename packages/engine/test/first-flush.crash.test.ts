import { cpSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ClassicBackend, LocalStore, type LevelDatabase } from '../src/index.ts'
import { ChainObserver, OBSERVED } from './chain-observer.ts'
import { hazardFolder, removeFolder } from './hazards.ts'
import { DATABASES, FACTS, put, testProvider } from './model.ts'

const folder = hazardFolder()
afterAll(() => removeFolder(folder))

/** Copies the store as a kill would leave it, in the moment when its first flush point has committed and made nothing durable yet. */
class CopyingBackend extends ClassicBackend {
  readonly #path: string
  readonly #copy: string
  #copied = false

  constructor(path: string, copy: string) {
    super(path)
    this.#path = path
    this.#copy = copy
  }

  override async flush(name: string, database: LevelDatabase): Promise<void> {
    if (!this.#copied) {
      this.#copied = true
      const left = new Set(['lock', 'LOCK'])
      cpSync(this.#path, this.#copy, { recursive: true, filter: (source) => !left.has(basename(source)) })
    }
    await super.flush(name, database)
  }
}

test('a kill within the first flush point is no loss of what the observer has', async () => {
  const [path, copy] = [join(folder, 'store'), join(folder, 'copy')]
  const options = {
    path,
    databases: [...DATABASES, OBSERVED],
    provider: testProvider(),
    observer: { database: OBSERVED, create: () => Promise.resolve(new ChainObserver(new Map())) },
    stateScopes: [{ database: 'alpha' }],
  }
  const store = await LocalStore.open({ ...options, backend: new CopyingBackend(path, copy) })
  for (let index = 0; index < 7; index++)
    await store.commit(() => ({ facts: FACTS, operations: [put('alpha', `k${index}`, 'v')] }))
  await store.flush()
  await store.close()
  const killed = await LocalStore.open({ ...options, path: copy, create: 'never' })
  expect([killed.offlineDatabases, killed.health().reasons]).toEqual([[], []])
  await killed.close()
})
