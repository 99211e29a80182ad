// Run by the test of descriptors in a process of its own: opens a store and says how that ended.

import { isForgeError } from '@forgeone/common'
import { rawKeyProvider } from '@forgeone/crypto'
import { LocalStore } from '../../src/index.ts'
import { DATABASES } from './protocol.ts'

const [, , path, create] = process.argv
try {
  const store = await LocalStore.open({
    path: path!,
    databases: DATABASES,
    provider: rawKeyProvider(new Uint8Array(32).fill(7)),
    create: create === 'never' ? 'never' : 'if-missing',
  })
  const reasons = store.health().reasons.map(({ code }) => code)
  await store.close()
  console.log(JSON.stringify({ code: 'opened', reasons }))
} catch (error) {
  console.log(JSON.stringify({ code: isForgeError(error) ? error.code : String(error), reasons: [] }))
}
