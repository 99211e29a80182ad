import type { AuditAnswer } from '@forgeone/audit'
import { expect, test } from 'vitest'
import { Forge } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('a principal who may read the trail is told what a query looked through', async () => {
  await using folder = await temporaryFolder()
  await using forge = await Forge.open({
    path: `${folder.path}/data`,
    secret: { key: new Uint8Array(32).fill(3) },
    shardCount: 1,
  })
  await forge.access.grant({ holder: 'ann', actions: ['audit.read'], resource: 'audit' })
  let answer: AuditAnswer | undefined
  const query = forge.as('ann').audit.query({ act: 'store.*', limit: 1 })
  for await (const { facts } of (async function* () {
    answer = yield* query
  })())
    expect(facts.action).toBe('store.created')
  expect(answer).toMatchObject({ begin: 0, end: 1, count: 1 })
})
