/** Writes into a cache on disk until somebody kills it. Says `ready` once it has begun. */
import { MetadataCache } from '@forgeone/cache/persistent'

const [dbPath, seed] = process.argv.slice(2)
const cache = await MetadataCache.open({
  config: { dbPath: dbPath!, maxBytes: 300_000, compression: 'none' },
})
process.stdout.write('ready\n')
for (let step = Number(seed); ; step++) {
  const vaultId = `v${step % 40}`
  if (step % 50 === 49) await cache.invalidateAll()
  else if (step % 11 === 10) await cache.invalidateVault(vaultId)
  else if (step % 7 === 6) await cache.get('directories', { vaultId, path: '' })
  else {
    const occupants = Array.from({ length: 20 + (step % 200) }, (_, index) => ({
      name: `${vaultId} ${index}`,
      isDirectory: false,
      size: step,
      attributes: 0,
    }))
    await cache.put('directories', { vaultId, path: '', occupants, cachedAt: step })
  }
}
