/** Renews the snapshot of every public API: `pnpm --filter @forgeone/tidy run api`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiSnapshots } from './api/snapshots.ts'
import { readCheckout } from './repository/read-checkout.ts'

const root = join(import.meta.dirname, '../../..')
for (const [path, text] of apiSnapshots(readCheckout(root))) {
  writeFileSync(join(root, path), text)
  console.log(`wrote ${path}`)
}
