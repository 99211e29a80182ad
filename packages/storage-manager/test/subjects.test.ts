import { cpSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ForgeError, utf8Decode } from '@forgeone/common'
import { verifyDsse } from '@forgeone/evidence'
import { expect, test } from 'vitest'
import { Forge } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const KEY = { key: new Uint8Array(32).fill(3) }

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'nothing'
  } catch (error) {
    return error instanceof ForgeError ? error.code : `other: ${String(error)}`
  }
}

function openAt(path: string): Promise<Forge> {
  return Forge.open({ path, secret: KEY, shardCount: 1 })
}

test('what was sealed for a subject opens until the subject is erased; the others stay readable', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'data')
  let forge = await openAt(path)
  const [one, two] = [
    await forge.subjects.seal('customer 1', 'first'),
    await forge.subjects.seal('customer 2', 'second'),
  ]
  const again = await forge.subjects.seal('customer 1', 'more')
  await forge.events.append({ topic: 'orders', id: 'o1', payload: { name: one } })
  expect(utf8Decode(await forge.subjects.open(one))).toBe('first')
  const { certificate, envelope } = await forge.subjects.erase('customer 1', { requestId: 'R-1' })
  expect(certificate).toMatchObject({ requestId: 'R-1', shredKeys: 1, postScan: { opened: 0 } })
  expect(JSON.stringify({ certificate, envelope })).not.toContain('customer')
  const keys = forge.audit.verifierKeys.map(({ publicKey }) => publicKey)
  const signed = verifyDsse(JSON.stringify(envelope), {
    payloadType: 'application/vnd.forge-erasure+json',
    publicKeys: keys,
  })
  expect(signed).toEqual(JSON.parse(JSON.stringify(certificate)))
  await forge.close()
  forge = await openAt(path)
  for (const sealed of [one, again])
    expect(await codeOf(forge.subjects.open(sealed))).toBe('CRYPTO_KEY_DESTROYED')
  expect(utf8Decode(await forge.subjects.open(two))).toBe('second')
  // The event is there, its name is not.
  expect((await forge.events.get('o1'))!.payload).toEqual({ name: one })
  // The same request is done once; a new value for the same name has a new key.
  expect(await forge.subjects.erase('customer 1', { requestId: 'R-1' })).toEqual({ certificate, envelope })
  const later = await forge.subjects.seal('customer 1', 'back')
  expect(utf8Decode(await forge.subjects.open(later))).toBe('back')
  await forge.close()
})

test('after an erasure an older copy of the data, put back beside the newest keys, still gives nothing', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'data')
  const first = await openAt(path)
  const [gone, kept] = [await first.subjects.seal('a', 'gone'), await first.subjects.seal('b', 'kept')]
  await first.vault.set('s', 'old')
  await first.close()
  const backup = join(folder.path, 'backup')
  cpSync(path, backup, { recursive: true })
  const second = await openAt(path)
  await second.subjects.erase('a')
  await second.vault.destroy('s')
  await second.close()
  // A restore: data from the backup, keys as they are now.
  for (const name of readdirSync(path)) {
    if (name === 'keys' || name.startsWith('keyring')) continue
    rmSync(join(path, name), { recursive: true })
    cpSync(join(backup, name), join(path, name), { recursive: true })
  }
  const restored = await openAt(path)
  expect(await codeOf(restored.subjects.open(gone))).toBe('CRYPTO_KEY_DESTROYED')
  expect(utf8Decode(await restored.subjects.open(kept))).toBe('kept')
  expect(await codeOf(restored.vault.get('s'))).toBe('CRYPTO_KEY_DESTROYED')
  await restored.close()
  // The older keys too: the keyring they were wrapped under is gone.
  rmSync(join(path, 'keys'), { recursive: true })
  cpSync(join(backup, 'keys'), join(path, 'keys'), { recursive: true })
  const older = await openAt(path)
  expect(await codeOf(older.subjects.open(gone))).toBe('KEYRING_DAMAGED')
  await older.close()
})

test('one request for two subjects erases both, each with its own certificate', async () => {
  await using folder = await temporaryFolder()
  const forge = await openAt(join(folder.path, 'data'))
  const [one, two] = [await forge.subjects.seal('a', 'x'), await forge.subjects.seal('b', 'y')]
  const first = await forge.subjects.erase('a', { requestId: 'R' })
  const second = await forge.subjects.erase('b', { requestId: 'R' })
  expect(second.certificate.subject).not.toBe(first.certificate.subject)
  for (const sealed of [one, two])
    expect(await codeOf(forge.subjects.open(sealed))).toBe('CRYPTO_KEY_DESTROYED')
  await forge.close()
})

test('after an erasure the keyring of before, with the keys of before, is refused', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'data')
  const first = await openAt(path)
  await first.subjects.seal('a', 'gone')
  await first.close()
  const backup = join(folder.path, 'backup')
  cpSync(path, backup, { recursive: true })
  const second = await openAt(path)
  await second.subjects.erase('a')
  await second.close()
  rmSync(join(path, 'keys'), { recursive: true })
  for (const name of ['keys', 'keyring', 'keyring.copy'])
    cpSync(join(backup, name), join(path, name), { recursive: true })
  expect(await codeOf(openAt(path))).toBe('KEYRING_ROLLED_BACK')
})

test('a legal hold keeps a subject until it is released, and odd input is refused', async () => {
  await using folder = await temporaryFolder()
  const forge = await openAt(join(folder.path, 'data'))
  const sealed = await forge.subjects.seal('a', 'x')
  await forge.subjects.hold('a', { reason: 'case 12' })
  expect(await codeOf(forge.subjects.erase('a'))).toBe('ERASE_HELD')
  expect(utf8Decode(await forge.subjects.open(sealed))).toBe('x')
  await forge.subjects.release('a')
  await forge.subjects.erase('a')
  expect(await codeOf(forge.subjects.open(sealed))).toBe('CRYPTO_KEY_DESTROYED')
  expect(await codeOf(forge.subjects.seal('', 'x'))).toBe('SUBJECT_INVALID')
  for (const envelope of ['', 'fs1.', 'fs1.AAAA', `fs2${sealed.slice(3)}`]) {
    expect(await codeOf(forge.subjects.open(envelope))).toBe('CRYPTO_FORMAT')
  }
  await forge.close()
})

test('a keyring of before a change, put back, is refused', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'data')
  const first = await openAt(path)
  await first.keys.rotate({ scopes: ['logs_shard_0'] })
  await first.close()
  cpSync(join(path, 'keyring'), join(folder.path, 'old'))
  const second = await openAt(path)
  const { slot } = await second.keys.createShares({ threshold: 2, count: 3 })
  await second.keys.removeProvider(slot.id)
  await second.close()
  for (const name of ['keyring', 'keyring.copy']) cpSync(join(folder.path, 'old'), join(path, name))
  expect(await codeOf(openAt(path))).toBe('KEYRING_ROLLED_BACK')
})
