// What a principal is told when a call fails: what he gave himself, and of others nothing.

import { ERROR_CODES, ForgeError, type ErrorCode } from '@forgeone/common'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forPrincipal } from '../src/access/error-for-principal.ts'
import { Forge } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let forge: Forge

beforeAll(async () => {
  folder = await temporaryFolder()
  forge = await Forge.open({ path: `${folder.path}/data`, secret: SECRET, shardCount: 1 })
  await forge.events.append([
    { topic: 'secret.a', id: 'taken', payload: { secret: 1 } },
    { topic: 'open', id: 'o1', payload: { open: 1 } },
  ])
  await forge.events.groups.create('billing', { topics: ['secret.project'] })
  await forge.events.checkpoints.set('secret-nightly', 'secret.a')
  await forge.events.checkpoints.set('mine', 'open')
  await forge.access.grant({ holder: 'lea', actions: ['data.read', 'data.write'], resource: 'events/open' })
  await forge.access.grant({ holder: 'lea', actions: ['data.read'], resource: 'checkpoints/mine' })
})

afterAll(async () => {
  await forge.close()
  await folder[Symbol.asyncDispose]()
})

async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    const result = await call()
    if (typeof result === 'object' && result !== null && Symbol.asyncIterator in result)
      await (result as AsyncIterable<unknown>)[Symbol.asyncIterator]().next()
    return undefined
  } catch (error) {
    return error
  }
}

/** Everything of an error that can be printed, its causes too. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { message, cause, stack = '' } = error
  const more = error instanceof ForgeError ? JSON.stringify([error.details, error.hint]) : ''
  return [message, more, stack.split('\n', 1)[0], cause === undefined ? '' : textOf(cause)].join('\n')
}

const codes = Object.keys(ERROR_CODES) as ErrorCode[]
/** By every name that details have. */
const NAMED = Object.fromEntries(
  [
    'id',
    'topic',
    'topics',
    'group',
    'path',
    'place',
    'database',
    'scope',
    'slot',
    'system',
    'bundle',
    'from',
    'to',
  ].map((name) => [name, name === 'topics' ? ['secret.project'] : 'secret.project']),
)

describe('an error of the code', () => {
  test.each(codes)('%s keeps code and numbers, and no name in details or causes', (code) => {
    const system = Object.assign(new Error('ENOENT: /home/secret.project'), { syscall: 'open' })
    const inner = new ForgeError('STORE_FAILED', 'cannot write /home/secret.project', { cause: system })
    const error = new ForgeError(code, 'it failed', {
      details: { ...NAMED, line: 7, field: 'topic' },
      cause: new ForgeError('STREAM_VALUE_INVALID', 'a field is wrong', { cause: inner }),
    })
    const told = forPrincipal(error)
    expect(told).toBeInstanceOf(ForgeError)
    expect(told).toMatchObject({ code, details: { line: 7 } })
    expect(textOf(told)).not.toContain('secret.project')
    expect(textOf(forPrincipal(told))).not.toContain('secret.project')
  })

  // Their messages come from the store or the host, not from an argument.
  test.each<ErrorCode>([
    'STREAM_GROUP_EXISTS',
    'STREAM_UPCAST_FAILED',
    'STREAM_BLOCK_DAMAGED',
    'STREAM_PROOF_INCOMPLETE',
    'STORE_FAILED',
    'STORE_DAMAGED',
    'DATABASE_OFFLINE',
    'DATABASE_DAMAGED',
    'RECORD_TAMPERED',
    'CHECKPOINT_FAILED',
    'IO_FAILED',
    'KEY_FILE_UNSAFE',
    'KEY_PROVIDER_FAILED',
    'AUDIT_ANCHOR_FAILED',
    'AUDIT_DIVERGED',
    'VAULT_ENV_FORMAT',
    'ERASE_HELD',
    'INPUT_NOT_FOUND',
    'INTERNAL',
  ])('%s has no message of the store', (code) => {
    expect(textOf(forPrincipal(new ForgeError(code, 'of secret.project')))).not.toContain('secret')
  })

  test('of the operating system is told without its path, and one of the caller as it is', () => {
    const system = Object.assign(new Error('EACCES: /home/secret'), { syscall: 'open', path: '/home/secret' })
    expect(forPrincipal(system)).toMatchObject({ code: 'IO_FAILED', details: {} })
    expect(textOf(forPrincipal(new AggregateError([system])))).not.toContain('secret')
    const own = new RangeError('mine')
    expect(forPrincipal(own)).toBe(own)
  })
})

describe('a principal hears nothing of others', () => {
  const calls: Readonly<Record<string, readonly [ErrorCode, (lea: ReturnType<Forge['as']>) => unknown]>> = {
    'from an id that is taken': [
      'STREAM_ID_EXISTS',
      (lea) => lea.events.append({ topic: 'open', id: 'taken', payload: 1 }),
    ],
    'from a group of other topics': [
      'STREAM_GROUP_EXISTS',
      (lea) => lea.events.subscribe({ group: 'billing', topics: 'open' }).ready,
    ],
    'from the making of a group that is there': [
      'STREAM_GROUP_EXISTS',
      (lea) => lea.events.groups.create('billing', { topics: 'open' }),
    ],
    'from an entry that he may not read': ['STREAM_ENTRY_UNKNOWN', (lea) => lea.events.prove('taken')],
  }
  test.each(Object.entries(calls))('%s', async (_title, [code, call]) => {
    const error = await errorOf(() => call(forge.as('lea')))
    expect(error).toMatchObject({ code })
    expect(textOf(error)).not.toContain('secret')
  })
})

describe('a checkpoint', () => {
  const from = { checkpoint: 'secret-nightly' }
  const uses: Readonly<Record<string, (lea: ReturnType<Forge['as']>, bound: object) => unknown>> = {
    'where a read begins': (lea, bound) => lea.events.read({ topic: 'open', from: bound } as never),
    'where a read ends': (lea, bound) => lea.events.read({ topic: 'open', to: bound } as never),
    'where a search begins': (lea, bound) => lea.events.search('*', { topic: 'open', from: bound } as never),
    'where a table begins': (lea, bound) =>
      lea.events.table('* | count', { topic: 'open', from: bound } as never),
    'where a follower begins': (lea, bound) => lea.events.tail({ topic: 'open', from: bound } as never),
    'where an export begins': (lea, bound) =>
      lea.events.exportCloudEvents({ topic: 'open', from: bound } as never),
    'where a subscription begins': (lea, bound) =>
      lea.events.subscribe({ group: 'lea', topics: 'open', from: bound } as never).ready,
    'where a group begins': (lea, bound) =>
      lea.events.groups.create('lea', { topics: 'open', from: bound } as never),
  }
  test.each(Object.entries(uses))('%s is read by who may read it', async (_title, use) => {
    const lea = forge.as('lea')
    for (const bound of [
      from,
      { checkpoint: 'absent' },
      Object.assign(new Date(0), from),
      new (class {
        checkpoint = 'secret-nightly'
      })(),
    ])
      expect(await errorOf(() => use(lea, bound))).toMatchObject({ code: 'ACCESS_DENIED' })
  })

  test('that a principal may read begins his reading, as a time does without one', async () => {
    const lea = forge.as('lea')
    expect(await lea.events.read({ topic: 'open', to: { checkpoint: 'mine' } }).toArray()).toHaveLength(1)
    expect(await lea.events.read({ topic: 'open', from: { checkpoint: 'mine' } }).toArray()).toEqual([])
    expect(await lea.events.read({ topic: 'open', from: new Date(0) } as never).toArray()).toHaveLength(1)
  })
})
