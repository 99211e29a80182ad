import { mkdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { isForgeError } from '@forgeone/common'
import { expect, test } from 'vitest'
import { Forge } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

/** Where the new keyring is written first, and all names that what lies there could be set aside to. */
const TAKEN = ['', '.aside', ...Array.from({ length: 999 }, (_, n) => `.aside-${n + 2}`)].map(
  (suffix) => `keyring.new${suffix}`,
)

test('after a keyring that could not be written other commits go on, and the store opens again', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'data')
  const options = { path, secret: SECRET, shardCount: 1 }
  const changes: ((forge: Forge) => Promise<unknown>)[] = [
    (forge) => forge.keys.rotate({ scopes: ['system'] }),
    (forge) => forge.keys.createShares({ threshold: 2, count: 2 }),
    (forge) => forge.vault.set('first', 'x'),
    (forge) => forge.subjects.seal('first', 'x'),
  ]
  for (const change of changes) {
    const forge = await Forge.open(options)
    await forge.subjects.seal('ann', 'x')
    for (const name of TAKEN) mkdirSync(join(path, name))
    const { revision } = forge.keys.status()
    const error: unknown = await change(forge).catch((reason: unknown) => reason)
    // A key of a bucket that is there already needs no write.
    if (error instanceof Error) {
      expect(isForgeError(error, 'IO_FAILED')).toBe(true)
      expect(forge.keys.status().revision).toBe(revision)
    }
    for (const name of TAKEN) rmdirSync(join(path, name))
    await forge.subjects.erase('ann')
    await forge.close()
    const again = await Forge.open(options)
    expect((await again.verify()).ok).toBe(true)
    await again.close()
  }
})
