import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { canonicalJson, ForgeError } from '@forgeone/common'
import { checkAct } from '@forgeone/engine'
import { ACTS_TO_COME, EVIDENCE_ACTS } from '@forgeone/evidence'
import { expect, test } from 'vitest'
import { actsOf } from '../src/layout/store-plan.ts'
import { ACT_NAMES, PLANS } from './plans.ts'

function codeOf(action: string, told?: unknown): string {
  const context =
    told === undefined ? undefined : canonicalJson(told, { code: 'INTERNAL', what: 'a context' })
  try {
    checkAct(actsOf(PLANS), {
      actor: 'app',
      action,
      resourceClass: 'test',
      ...(context === undefined ? {} : { context }),
    })
    return 'taken'
  } catch (error) {
    return error instanceof ForgeError ? error.code : String(error)
  }
}

test('an act that is not registered, or tells what its kind does not, is refused', () => {
  expect(codeOf('logs.append')).toBe('taken')
  expect(codeOf('logs.appended')).toBe('AUDIT_ACTION_UNKNOWN')
  expect(codeOf('logs.append', { topic: 'orders' })).toBe('AUDIT_ACTION_UNKNOWN')
  expect(codeOf('vault.listed', { count: 3 })).toBe('taken')
  for (const told of [undefined, {}, { count: '3' }, { count: 3, path: 'db/root' }])
    expect(codeOf('vault.listed', told)).toBe('AUDIT_ACTION_UNKNOWN')
})

function isThere(act: string): boolean {
  return ACT_NAMES.some((name) => (act.endsWith('.') ? name.startsWith(act) : name === act))
}

test('evidence asks for acts that there are, but for those that are to come', () => {
  expect(EVIDENCE_ACTS.filter((act) => !isThere(act) && !ACTS_TO_COME.includes(act))).toEqual([])
  expect(ACTS_TO_COME.filter(isThere)).toEqual([])
})

test('every act stands in docs/audit-acts.md once, and nothing else does', () => {
  const page = readFileSync(fileURLToPath(new URL('../../../docs/audit-acts.md', import.meta.url)), 'utf8')
  const listed = [...page.matchAll(/^\| `([a-z-]+\.[a-z-]+)`/gm)].map(([, name]) => name)
  expect(listed.sort()).toEqual([...ACT_NAMES].sort())
})
