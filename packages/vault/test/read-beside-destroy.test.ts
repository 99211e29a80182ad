import { expect, test } from 'vitest'
import { isForgeError } from '@forgeone/common'
import { openVault } from './vault-host.ts'

test('a secret that is destroyed or dropped while it is read is there or is not, and never looks tampered with', async () => {
  const { vault, store } = await openVault()
  const seen = new Map<string, number>()
  const count = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1)
  for (let n = 0; n < 60; n++) {
    const path = `a/${n % 3}`
    const { version } = await vault.set(path, `value ${n}`)
    const reading = vault.get(path, { version }).then(
      (value) => count(value === undefined ? 'none' : 'value'),
      (error: unknown) => count(isForgeError(error) ? error.code : String(error)),
    )
    for (let turn = n % 7; turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve))
    await Promise.all([reading, n % 2 === 0 ? vault.destroy(path, [version]) : vault.purge(path)])
  }
  for (const what of seen.keys()) expect(['value', 'none', 'VAULT_VERSION_DESTROYED']).toContain(what)
  vault.close()
  await store.close()
})
