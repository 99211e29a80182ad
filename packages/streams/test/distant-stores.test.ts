import { afterAll, describe } from 'vitest'
import { standOnDistantStores } from './store-place.ts'

// What streams do is the same over a store whose rows are answered later, as those of a database server are.
afterAll(standOnDistantStores())

// Modules of their own: files of tests share those that are loaded.
const SUITES = import.meta.glob(
  [
    './append/{idempotency,joint-appends}.test.ts',
    './group/{checkpoints,close-while-reading,dead-letters,delivery,group-model.property,groups,refused-settlement,removal.property,subscription}.test.ts',
    './proof/proof.property.test.ts',
    './stream/{append,compaction,exact-events,retention,stream-model.property,tail}.test.ts',
  ],
  { query: '?distant' },
)

for (const [file, load] of Object.entries(SUITES))
  describe(`over a distant store: ${file}`, async () => {
    await load()
  })
