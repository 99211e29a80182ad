import { ManualClock, SeededRandom } from '@forgeone/common'
import { describe, expect, test } from 'vitest'
import {
  passphraseProvider,
  rawKeyProvider,
  readSealedHeader,
  SIGNING_SCOPE,
  verifyEd25519,
} from '../src/index.ts'
import {
  bytes,
  CHEAP_KDF,
  codeOf,
  codeOfAsync,
  create,
  MemoryKeyringFile,
  RAW_KEY,
  reopen,
} from './fixtures.ts'

const OTHER_KEY = new Uint8Array(32).fill(9)
const PLACE = bytes('k')

describe('rotation of a data key', () => {
  test('seals under the new key at once and opens what the old one sealed, also after reopening', async () => {
    const file = new MemoryKeyringFile()
    const keyring = await create({ file })
    const sealer = keyring.sealer('a', PLACE)
    const before = sealer.seal(bytes('x'), bytes('old'))
    const made = await keyring.rotateData('a')
    const after = sealer.seal(bytes('x'), bytes('new'))
    expect(made).toMatchObject({ scope: 'a', epoch: 2, state: 'primary' })
    expect(readSealedHeader(after).keyId).toBe(made.id)
    for (const each of [keyring, await reopen({ file })]) {
      expect(
        each
          .list()
          .filter(({ scope }) => scope === 'a')
          .map(({ state }) => state),
      ).toEqual(['decrypt-only', 'primary'])
      expect(each.sealer('a', PLACE).open(bytes('x'), before)).toEqual(bytes('old'))
      expect(each.sealer('a', PLACE).open(bytes('x'), after)).toEqual(bytes('new'))
    }
  })

  test('that could not be written changes nothing', async () => {
    const file = new MemoryKeyringFile()
    const keyring = await create({ file })
    file.failing = true
    expect(await codeOfAsync(() => keyring.rotateData('a'))).toBe('IO_FAILED')
    file.failing = false
    expect(keyring.list().filter(({ scope }) => scope === 'a')).toHaveLength(1)
    expect((await keyring.rotateData('a')).epoch).toBe(2)
  })

  test('cut short at any write of the keyring goes on with the pending key', async () => {
    for (let cutAt = 0; cutAt <= 2; cutAt++) {
      const file = new MemoryKeyringFile()
      const keyring = await create({ file })
      const sealed = keyring.sealer('a', PLACE).seal(bytes('x'), bytes('old'))
      const replace = file.replaceSync.bind(file)
      let writes = 0
      file.replaceSync = (content) => {
        if (writes++ >= cutAt) throw new Error('the process is gone')
        replace(content)
      }
      await keyring.rotateData('a').catch(() => undefined)
      file.replaceSync = replace
      const again = await reopen({ file })
      const made = await again.rotateData('a')
      expect(made.epoch).toBe(cutAt === 2 ? 3 : 2)
      expect(again.sealer('a', PLACE).open(bytes('x'), sealed)).toEqual(bytes('old'))
      expect(again.list().filter(({ state, scope }) => scope === 'a' && state === 'primary')).toHaveLength(1)
    }
  })

  test('is refused for the index key and for a scope without a key', async () => {
    const keyring = await create()
    expect(await codeOfAsync(() => keyring.rotateData('index'))).toBe('STORE_OPTION_INVALID')
    expect(await codeOfAsync(() => keyring.rotateData('unknown'))).toBe('CRYPTO_KEY_UNKNOWN')
  })

  test('happens by itself at the limit of seals: no key goes beyond it and nothing sealed is lost, over 50 crashes', async () => {
    const file = new MemoryKeyringFile()
    const sealsMax = 1000
    const sealed: Uint8Array[] = []
    await create({ file })
    for (let life = 0; life < 50; life++) {
      // A crash is a keyring that is never closed: what it reserved is forfeited.
      const keyring = await reopen({ file, sealsMax })
      const sealer = keyring.sealer('a', PLACE)
      const count = new SeededRandom(life).below(1500)
      for (let index = 0; index < count; index++)
        sealed.push(sealer.seal(bytes('x'), bytes(String(sealed.length))))
    }
    const perKey = new Map<number, number>()
    for (const value of sealed) {
      const { keyId } = readSealedHeader(value)
      perKey.set(keyId, (perKey.get(keyId) ?? 0) + 1)
    }
    expect(Math.max(...perKey.values())).toBeLessThanOrEqual(sealsMax)
    expect(perKey.size).toBeGreaterThan(30)
    const opener = (await reopen({ file, sealsMax })).sealer('a', PLACE)
    for (const [index, value] of sealed.entries())
      expect(opener.open(bytes('x'), value)).toEqual(bytes(String(index)))
  })
})

describe('rotation of the master key', () => {
  test('wraps everything anew in one write; the old keyring opens nothing that comes after', async () => {
    const file = new MemoryKeyringFile()
    const keyring = await create({ file })
    await keyring.addSlot(rawKeyProvider(OTHER_KEY))
    const sealer = keyring.sealer('a', PLACE)
    const sealed = sealer.seal(bytes('x'), bytes('y'))
    const mac = keyring.lastingMac('FORGE', bytes('f'))
    const before = file.fork()
    const { writes } = file
    await keyring.rotateMaster([rawKeyProvider(RAW_KEY), rawKeyProvider(OTHER_KEY)])
    expect(file.writes).toBe(writes + 1)
    expect(sealer.open(bytes('x'), sealed)).toEqual(bytes('y'))
    for (const key of [RAW_KEY, OTHER_KEY]) {
      const again = await reopen({ file, provider: rawKeyProvider(key) })
      expect(again.sealer('a', PLACE).open(bytes('x'), sealed)).toEqual(bytes('y'))
      expect(again.lastingMac('FORGE', bytes('f'))).toEqual(mac)
    }
    // A crash between the two files leaves this; it is no damage, and it is repaired.
    file.copy = before.copy
    expect((await reopen({ file })).damagedCopies).toEqual([])
    expect(file.copy).toEqual(file.primary)
  })

  test('names a slot that no given secret opens, and changes nothing', async () => {
    const file = new MemoryKeyringFile()
    const keyring = await create({ file })
    await keyring.addSlot(rawKeyProvider(OTHER_KEY))
    const { writes } = file
    const rotating = keyring.rotateMaster([rawKeyProvider(RAW_KEY)])
    await expect(rotating).rejects.toMatchObject({ code: 'KEY_PROVIDER_FAILED', details: { slot: 2 } })
    expect(file.writes).toBe(writes)
    expect((await reopen({ file, provider: rawKeyProvider(OTHER_KEY) })).slots()).toHaveLength(2)
  })

  test('that could not be written leaves the old master key in force', async () => {
    const file = new MemoryKeyringFile()
    const keyring = await create({ file })
    file.failing = true
    expect(await codeOfAsync(() => keyring.rotateMaster([rawKeyProvider(RAW_KEY)]))).toBe('IO_FAILED')
    file.failing = false
    await keyring.ensureScopes(['b'])
    expect((await reopen({ file })).list().map(({ scope }) => scope)).toContain('b')
  })
})

describe('destroying a key', () => {
  test('needs a count of zero uses; its values then say so, for ever', async () => {
    const file = new MemoryKeyringFile()
    const keyring = await create({ file })
    const sealed = keyring.sealer('a', PLACE).seal(bytes('x'), bytes('y'))
    const { keyId } = readSealedHeader(sealed)
    const primary = keyring.destroyKey({ keyId, uses: new Map() })
    await expect(primary).rejects.toMatchObject({ code: 'KEY_IN_USE' })
    await keyring.rotateData('a')
    const used = keyring.destroyKey({
      keyId,
      uses: new Map([
        ['a', 3],
        ['journal', 0],
      ]),
    })
    await expect(used).rejects.toMatchObject({ code: 'KEY_IN_USE', details: { uses: 3 } })
    await keyring.destroyKey({ keyId, uses: new Map([['a', 0]]) })
    await keyring.destroyKey({ keyId, uses: new Map() })
    for (const each of [keyring, await reopen({ file })]) {
      expect(codeOf(() => each.sealer('a', PLACE).open(bytes('x'), sealed))).toBe('CRYPTO_KEY_DESTROYED')
      expect(each.list().find(({ id }) => id === keyId)).toMatchObject({ state: 'destroyed' })
    }
    expect(Buffer.from(file.primary!).includes('"wrapped":""')).toBe(true)
    expect(file.copy).toEqual(file.primary)
  })
})

describe('slots', () => {
  test('a changed passphrase takes effect without touching keys, and the old one opens nothing', async () => {
    const file = new MemoryKeyringFile()
    const [old, next] = ['correct horse battery', 'staple correct horse'].map((text) =>
      passphraseProvider(text, { kdf: CHEAP_KDF }),
    )
    const keyring = await create({ file, provider: old! })
    const sealed = keyring.sealer('a', PLACE).seal(bytes('x'), bytes('y'))
    await keyring.addSlot(next!)
    await keyring.removeSlot(keyring.openedSlot)
    expect(await codeOfAsync(() => reopen({ file, provider: old! }))).toBe('KEY_SECRET_WRONG')
    const again = await reopen({ file, provider: next! })
    expect(again.openedSlot).toBe(2)
    expect(again.sealer('a', PLACE).open(bytes('x'), sealed)).toEqual(bytes('y'))
  })

  test('the last one stays, an unknown one is named, and a full keyring takes no more', async () => {
    const keyring = await create()
    expect(await codeOfAsync(() => keyring.removeSlot(1))).toBe('KEY_SLOT_LAST')
    expect(await codeOfAsync(() => keyring.removeSlot(7))).toBe('KEY_SLOT_UNKNOWN')
    for (let count = 1; count < 16; count++) await keyring.addSlot(rawKeyProvider(OTHER_KEY))
    expect(await codeOfAsync(() => keyring.addSlot(rawKeyProvider(OTHER_KEY)))).toBe('STORE_OPTION_INVALID')
  })
})

test('signing keys are their own, survive reopening and rotation, and sign nothing after locking', async () => {
  const file = new MemoryKeyringFile()
  const keyring = await create({ file })
  expect(keyring.signers()).toEqual([])
  await keyring.ensureScopes([SIGNING_SCOPE])
  const [signer] = keyring.signers()
  const message = bytes('checkpoint')
  const signature = signer!.sign(message)
  await keyring.rotateData(SIGNING_SCOPE)
  const [newer, older] = (await reopen({ file })).signers()
  expect(older!.publicKey).toEqual(signer!.publicKey)
  expect(newer!.publicKey).not.toEqual(signer!.publicKey)
  expect(verifyEd25519({ publicKey: older!.publicKey, message, signature })).toBe(true)
  expect(verifyEd25519({ publicKey: newer!.publicKey, message, signature })).toBe(false)
  signer!.lock()
  expect(codeOf(() => signer!.sign(message))).toBe('CRYPTO_LOCKED')
})

test('a signing key that takes the place of all others destroys them in the same write', async () => {
  const file = new MemoryKeyringFile()
  const keyring = await create({ file })
  await keyring.ensureScopes([SIGNING_SCOPE])
  await keyring.rotateData(SIGNING_SCOPE)
  expect(keyring.signers()).toHaveLength(2)
  const { revision } = keyring
  const { publicKey } = await keyring.replaceSigner()
  // One to have it durable, one to put it in force.
  expect(keyring.revision).toBe(revision + 2)
  const again = await reopen({ file })
  expect(again.signers().map((signer) => signer.publicKey)).toEqual([publicKey])
  const states = again.list().filter(({ scope }) => scope === SIGNING_SCOPE)
  expect(states.map(({ state }) => state).toSorted()).toEqual(['destroyed', 'destroyed', 'primary'])
})

test('a master key is as old as the store until it is replaced', async () => {
  const file = new MemoryKeyringFile()
  const clock = new ManualClock()
  const keyring = await create({ file, clock })
  const born = clock.now()
  clock.advance(1000)
  expect(keyring.masterCreatedMs).toBe(born)
  await keyring.rotateMaster([rawKeyProvider(RAW_KEY)])
  expect([keyring.masterCreatedMs, (await reopen({ file })).masterCreatedMs]).toEqual([
    born + 1000,
    born + 1000,
  ])
})

test('a revision that was raised is written, and goes on from there', async () => {
  const file = new MemoryKeyringFile()
  const keyring = await create({ file })
  const { revision } = keyring
  await keyring.raiseRevision(revision + 100)
  expect((await reopen({ file })).revision).toBe(revision + 100)
  await keyring.raiseRevision(3)
  expect(keyring.revision).toBe(revision + 101)
})
