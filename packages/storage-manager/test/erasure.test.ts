import { join } from 'node:path'
import { ForgeError, utf8Decode } from '@forgeone/common'
import { expect, test } from 'vitest'
import { Forge } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'nothing'
  } catch (error) {
    return error instanceof ForgeError ? error.code : `other: ${String(error)}`
  }
}

function openAt(path: string): Promise<Forge> {
  return Forge.open({ path, secret: SECRET, shardCount: 1 })
}

async function actsOf(forge: Forge): Promise<string[]> {
  const acts: string[] = []
  for (let index = 0; index < forge.audit.size; index++) {
    acts.push(JSON.parse(await forge.audit.leaf(index)).act)
  }
  return acts
}

test('blanks that move between request and subject name another erasure', async () => {
  await using folder = await temporaryFolder()
  const forge = await openAt(join(folder.path, 'data'))
  const pairs = [
    ['a', 'b c'],
    ['a b', 'c'],
    ['a b c', ' '],
    ['a  b', 'c'],
  ] as const
  const sealed = new Map<string, string>()
  for (const [, subject] of pairs) sealed.set(subject, await forge.subjects.seal(subject, subject))
  const pseudonyms = new Set<string>()
  for (const [requestId, subject] of pairs.slice(0, 3)) {
    const { certificate } = await forge.subjects.erase(subject, { requestId })
    expect(certificate).toMatchObject({ requestId, shredKeys: 1 })
    pseudonyms.add(certificate.subject)
    expect(await codeOf(forge.subjects.open(sealed.get(subject)!))).toBe('CRYPTO_KEY_DESTROYED')
  }
  expect(pseudonyms.size).toBe(3)
  await forge.close()
})

test('a subject is the same one however its name is composed', async () => {
  await using folder = await temporaryFolder()
  const forge = await openAt(join(folder.path, 'data'))
  const [composed, decomposed] = ['Zo\u00eb', 'Zoe\u0308']
  const sealed = [await forge.subjects.seal(composed, 'x'), await forge.subjects.seal(decomposed, 'y')]
  await forge.subjects.hold(decomposed, { reason: 'case 1' })
  expect(await codeOf(forge.subjects.erase(composed))).toBe('ERASE_HELD')
  await forge.subjects.release(composed)
  expect((await forge.subjects.erase(decomposed)).certificate).toMatchObject({ shredKeys: 1 })
  for (const each of sealed) expect(await codeOf(forge.subjects.open(each))).toBe('CRYPTO_KEY_DESTROYED')
  await forge.close()
})

test('what no leaf may say is refused before anything is destroyed', async () => {
  await using folder = await temporaryFolder()
  const forge = await openAt(join(folder.path, 'data'))
  const sealed = await forge.subjects.seal('ann', 'x')
  const before = (await actsOf(forge)).length
  const requests: unknown[] = [
    'r'.repeat(601),
    'r'.repeat(10_000_000),
    '',
    'a\u0000b',
    '\ud800',
    5,
    {},
    null,
    [],
  ]
  for (const requestId of requests) {
    const erased = forge.subjects.erase('ann', { requestId: requestId as string })
    expect(await codeOf(erased)).toBe('SUBJECT_INVALID')
  }
  for (const name of ['a\u0000b', '\ud800', 'x'.repeat(257), '', 5, {}, ['ann'], null, undefined]) {
    for (const call of ['seal', 'erase', 'release'] as const)
      expect(await codeOf(forge.subjects[call](name as string, 'x' as never))).toBe('SUBJECT_INVALID')
  }
  expect(utf8Decode(await forge.subjects.open(sealed))).toBe('x')
  expect(await actsOf(forge)).toHaveLength(before)
  await forge.close()
})

test('a subject that never was, or was erased, is reported and not certified', async () => {
  await using folder = await temporaryFolder()
  const forge = await openAt(join(folder.path, 'data'))
  const before = (await actsOf(forge)).length
  expect(await codeOf(forge.subjects.erase('nobody'))).toBe('SUBJECT_UNKNOWN')
  expect(await codeOf(forge.subjects.erase('nobody', { requestId: 'R' }))).toBe('SUBJECT_UNKNOWN')
  expect(await actsOf(forge)).toHaveLength(before)
  await forge.subjects.seal('ann', 'x')
  await forge.subjects.erase('ann', { requestId: 'R' })
  expect(await codeOf(forge.subjects.erase('ann', { requestId: 'S' }))).toBe('SUBJECT_UNKNOWN')
  expect((await forge.subjects.erase('ann', { requestId: 'R' })).certificate.requestId).toBe('R')
  await forge.close()
})

test('a commit tells of an erasure before anything is destroyed, and erasures at once take turns', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'data')
  let forge = await openAt(path)
  await forge.subjects.seal('ann', 'x')
  const both = await Promise.all([
    forge.subjects.erase('ann', { requestId: 'R' }),
    forge.subjects.erase('ann', { requestId: 'R' }),
  ])
  expect(both[0]).toEqual(both[1])
  await forge.close()
  forge = await openAt(path)
  expect((await actsOf(forge)).filter((act) => act.startsWith('subject.'))).toEqual([
    'subject.keyed',
    'subject.erasure-begun',
    'subject.erased',
    'subject.certified',
  ])
  await forge.close()
})

test('readers beside an erasure find nothing the moment it settles, nor later', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'data')
  let forge = await openAt(path)
  const sealed: string[] = []
  for (let round = 0; round < 8; round++) {
    const subject = `person ${round}`
    const values = [await forge.subjects.seal(subject, 'x')]
    const over = new AbortController()
    const readers = Array.from({ length: 4 }, async () => {
      while (!over.signal.aborted) {
        await codeOf(forge.subjects.open(values[0]!))
        await new Promise((resolve) => setImmediate(resolve))
      }
    })
    const sealer = (async () => {
      while (!over.signal.aborted) {
        values.push(await forge.subjects.seal(subject, 'y'))
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    await forge.subjects.erase(subject)
    expect(await codeOf(forge.subjects.open(values[0]!))).toBe('CRYPTO_KEY_DESTROYED')
    over.abort()
    await Promise.all([...readers, sealer])
    expect(await codeOf(forge.subjects.open(values[0]!))).toBe('CRYPTO_KEY_DESTROYED')
    sealed.push(...values)
  }
  const now = await Promise.all(sealed.map((each) => codeOf(forge.subjects.open(each))))
  await forge.close()
  forge = await openAt(path)
  // Nothing that was acknowledged and readable is lost by starting again.
  expect(await Promise.all(sealed.map((each) => codeOf(forge.subjects.open(each))))).toEqual(now)
  await forge.close()
})
