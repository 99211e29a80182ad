import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { affectedFilters, type TestTasks } from '../src/affected-filters.ts'

const file = join(import.meta.dirname, '../../../turbo.json')
const { tasks } = JSON.parse(readFileSync(file, 'utf8')) as { readonly tasks: TestTasks }
const OF_SOURCES = ['--filter=...[main]', '--filter=@forgeone/tidy']

test.each([
  ['packages/merkle/src/index.ts', OF_SOURCES],
  ['docs/errors.md', [...OF_SOURCES, '--filter=@forgeone/cli']],
  ['docs/audit-acts.md', [...OF_SOURCES, '--filter=@forgeone/storage-manager']],
  ['README.md', [...OF_SOURCES, '--filter=@forgeone/smoke']],
  ['packages/vault/README.md', [...OF_SOURCES, '--filter=@forgeone/smoke']],
  ['vitest.shared.ts', undefined],
])('a change of %s runs the tests that read it', (changed, filters) => {
  expect(affectedFilters([changed], { tasks, base: 'main' })).toEqual(filters)
})
