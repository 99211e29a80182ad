import { ForgeError, ManualClock } from '@forgeone/common'
import { expect, test } from 'vitest'
import {
  rawKeyProvider,
  readSealedHeader,
  SIGNING_SCOPE,
  type Keyring,
  type KeyringCopies,
  type KeyringFile,
} from '../src/index.ts'
import { bytes, codeOfAsync, create, RAW_KEY, reopen } from './fixtures.ts'
import { MemoryShredStore } from './memory-shred-store.ts'

/** How far a write gets that fails: before the first file, between the two, or after both. */
const REACHES = ['nothing', 'the primary', 'both copies'] as const

/** A keyring file whose n-th write from now on fails, having written that much. */
class FailingKeyringFile implements KeyringFile {
  primary: Uint8Array | undefined
  copy: Uint8Array | undefined
  failure: { writesBefore: number; readonly reach: (typeof REACHES)[number] } | undefined

  async read(): Promise<KeyringCopies> {
    return { ...(this.primary && { primary: this.primary }), ...(this.copy && { copy: this.copy }) }
  }

  async replace(content: Uint8Array): Promise<void> {
    await Promise.resolve()
    this.replaceSync(content)
  }

  replaceSync(content: Uint8Array): void {
    const { failure } = this
    if (failure === undefined || failure.writesBefore-- !== 0) {
      this.primary = content
      this.copy = content
      return
    }
    if (failure.reach !== 'nothing') this.primary = content
    if (failure.reach === 'both copies') this.copy = content
    throw new ForgeError('IO_FAILED', 'the test wants this write to fail')
  }
}

const OTHER_KEY = rawKeyProvider(new Uint8Array(32).fill(9))

/** Everything that writes a keyring, by name. */
const CHANGES: Readonly<Record<string, (keyring: Keyring) => Promise<unknown>>> = {
  'a new scope': (keyring) => keyring.ensureScopes(['new']),
  'a rotation': (keyring) => keyring.rotateData('a'),
  'a new master key': (keyring) => keyring.rotateMaster([rawKeyProvider(RAW_KEY), OTHER_KEY]),
  'a destroyed key': async (keyring) => {
    const old = keyring.list().find(({ scope, state }) => scope === 'b' && state === 'decrypt-only')!
    await keyring.destroyKey({ keyId: old.id, uses: new Map() })
  },
  'a new slot': (keyring) => keyring.addSlot(rawKeyProvider(new Uint8Array(32).fill(1))),
  'a removed slot': (keyring) => keyring.removeSlot(2),
  'a raised revision': (keyring) => keyring.raiseRevision(keyring.revision + 10),
  'the next signing key': (keyring) => keyring.nextSigner(),
  'a replaced signing key': (keyring) => keyring.replaceSigner(),
  'a first shred key': async (keyring) => {
    const keys = await keyring.openShredKeys(new MemoryShredStore())
    await keys.create('somebody')
  },
  'an erasure': async (keyring) => {
    const store = new MemoryShredStore()
    const keys = await keyring.openShredKeys(store)
    await keys.erase([await keys.create('somebody')])
  },
}

async function prepared(file: KeyringFile): Promise<{ keyring: Keyring; sealed: Uint8Array[] }> {
  const keyring = await create({ file, scopes: ['a', 'b', SIGNING_SCOPE], clock: new ManualClock() })
  await keyring.addSlot(OTHER_KEY)
  const sealed = [keyring.sealer('a', bytes('s')).seal(bytes('k'), bytes('of a'))]
  await keyring.rotateData('b')
  return { keyring, sealed }
}

for (const [name, change] of Object.entries(CHANGES)) {
  for (const reach of REACHES) {
    test(`${name} that fails after writing ${reach} changes nothing that is shown, and the store goes on`, async () => {
      for (let writesBefore = 0; ; writesBefore++) {
        const file = new FailingKeyringFile()
        const { keyring, sealed } = await prepared(file)
        file.failure = { writesBefore, reach }
        const shown = { revision: keyring.revision, keys: keyring.list(), slots: keyring.slots() }
        const code = await codeOfAsync(() => change(keyring))
        file.failure = undefined
        if (code === 'nothing') {
          expect(writesBefore).toBeGreaterThan(0)
          break
        }
        expect(code).toBe('IO_FAILED')
        if (writesBefore === 0) {
          expect({ revision: keyring.revision, keys: keyring.list(), slots: keyring.slots() }).toEqual(shown)
        }
        // What a commit would tell of must never be ahead of what a reader of the files finds.
        const read = await reopen({ file, provider: rawKeyProvider(RAW_KEY), repair: false })
        expect(read.revision).toBeGreaterThanOrEqual(keyring.revision)
        sealed.push(keyring.sealer('a', bytes('s')).seal(bytes('k'), bytes('of a')))
        await keyring.ensureScopes(['later'])
        await keyring.rotateData('a')
        sealed.push(keyring.sealer('a', bytes('s')).seal(bytes('k'), bytes('of a')))
        await keyring.flush()
        const { revision } = keyring
        const again = await reopen({ file })
        expect(again.revision).toBe(revision)
        expect(again.list()).toEqual(keyring.list())
        for (const each of sealed)
          expect(again.sealer('a', bytes('s')).open(bytes('k'), each)).toEqual(bytes('of a'))
      }
    })
  }
}

test('after a failed write a keyring that is only closed opens with what was shown', async () => {
  for (const reach of REACHES) {
    const file = new FailingKeyringFile()
    const { keyring } = await prepared(file)
    file.failure = { writesBefore: 0, reach }
    expect(await codeOfAsync(() => keyring.rotateData('a'))).toBe('IO_FAILED')
    const { revision } = keyring
    await keyring.flush()
    keyring.lock()
    const again = await reopen({ file })
    expect(again.revision).toBe(revision)
  }
})

test('a key that a failed rotation left is the one that seals once the next rotation puts it in force', async () => {
  const file = new FailingKeyringFile()
  const { keyring } = await prepared(file)
  file.failure = { writesBefore: 1, reach: 'nothing' }
  expect(await codeOfAsync(() => keyring.rotateData('a'))).toBe('IO_FAILED')
  await keyring.flush()
  for (const opened of [keyring, await reopen({ file })]) {
    const pending = opened.list().find(({ scope, state }) => scope === 'a' && state === 'pending')!
    expect((await opened.rotateData('a')).id).toBe(pending.id)
    const sealed = opened.sealer('a', bytes('s')).seal(bytes('k'), bytes('of a'))
    expect(readSealedHeader(sealed).keyId).toBe(pending.id)
    await opened.flush()
    file.failure = { writesBefore: 1, reach: 'nothing' }
    expect(await codeOfAsync(() => opened.rotateData('a'))).toBe('IO_FAILED')
    file.failure = undefined
    await opened.flush()
  }
})
