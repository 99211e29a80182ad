import { compareWithAnchor, type AuditLog } from '@forgeone/audit'
import { parseVerifierKey, policyOfKey, verifyCheckpoint } from '@forgeone/audit/verify'
import { ManualClock, SeededRandom, utf8Encode } from '@forgeone/common'
import { rawKeyProvider, SIGNING_OVERLAP_MS } from '@forgeone/crypto'
import { LocalStore, MemoryBackend, MemoryStoreFiles, type LocalStoreOptions } from '@forgeone/engine'
import { Power, SimulatedMachine, type CutStyle } from '@forgeone/engine/testing'
import { afterAll, expect, test } from 'vitest'
import { AuditSource } from '../src/audit/audit-source.ts'
import { revisionRow } from '../src/keys/forge-keys.ts'

const FACTS = { actor: 'app', action: 'test.write', resourceClass: 'test' }

let states = 0
afterAll(() => console.log(`power-loss states of a rotated audit key checked: ${states}`))

/** Wall time stands still until it is moved; no signature has to wait for the one before. */
class TestClock extends ManualClock {
  #monotonicMs = 0

  override monotonicMs(): number {
    return (this.#monotonicMs += 1000)
  }
}

interface Opened {
  readonly store: LocalStore
  readonly source: AuditSource
  readonly audit: AuditLog
}

type Home = Pick<LocalStoreOptions, 'files' | 'backend'>

async function open({ files, backend }: Home, clock = new TestClock()): Promise<Opened> {
  const source = new AuditSource({
    clock,
    logger: undefined,
    alongsideKeyChange: (keyring) => [revisionRow(keyring)],
  })
  const store = await LocalStore.open({
    databases: ['system', 'audit'],
    provider: rawKeyProvider(new Uint8Array(32).fill(7)),
    files,
    backend,
    clock,
    observer: source,
  })
  source.connect(store, [])
  source.log?.start()
  return { store, source, audit: source.log! }
}

async function write(store: LocalStore): Promise<void> {
  const key = utf8Encode('key')
  await store.commit(() => ({
    facts: FACTS,
    operations: [{ type: 'put', database: 'system', key, value: key }],
  }))
}

/** Which of some keys a checkpoint is signed by. */
function signersOf(note: string, keys: readonly string[]): readonly boolean[] {
  return keys.map((key) => verifyCheckpoint(note, policyOfKey(parseVerifierKey(key)!)).ok)
}

/** Keys that the log itself tells of. */
async function announced(audit: AuditLog): Promise<readonly { from: string; to: string }[]> {
  const found: { from: string; to: string }[] = []
  for await (const { facts } of audit.query({ act: 'audit.key-changed' })) {
    found.push({ from: String(facts.context?.['from']), to: String(facts.context?.['to']) })
  }
  return found
}

/** What left the process before the power went. */
interface Told {
  readonly first: string[]
  readonly notes: string[]
  readonly rotatedTo: string[]
}

async function history(machine: SimulatedMachine, told: Told): Promise<void> {
  try {
    for (let round = 0; round < 2; round++) {
      const { store, audit } = await open(machine)
      told.first.push(...audit.verifierKeys.slice(0, 1 - told.first.length).map(({ text }) => text))
      await write(store)
      told.notes.push(await audit.checkpoint())
      const rotated = audit.rotateKey()
      // The power may go while the write below fails first.
      rotated.catch(() => undefined)
      await write(store)
      told.rotatedTo.push((await rotated).text)
      told.notes.push(await audit.checkpoint())
      await store.close()
      if (machine.power.gone) return
    }
  } catch {
    // The power went out.
  }
}

test('a power cut at any sync point of a rotation leaves a log that signs with keys it has told of', async () => {
  const whole = new SimulatedMachine()
  await history(whole, { first: [], notes: [], rotatedTo: [] })
  const creation = new SimulatedMachine()
  await open(creation)
  for (let cutAt = creation.power.points; cutAt < whole.power.points; cutAt++) {
    const told: Told = { first: [], notes: [], rotatedTo: [] }
    const before = new SimulatedMachine({ power: new Power(cutAt) })
    await history(before, told)
    const torn: CutStyle = { kind: 'torn', random: new SeededRandom(cutAt), blockBytes: 512 }
    for (const style of [{ kind: 'drop' } as const, { kind: 'keep' } as const, torn]) {
      const where = `cut at sync point ${cutAt}, ${style.kind}`
      const { store, audit } = await open(before.restart(style))
      const signing = audit.verifierKeys.map(({ text }) => text)
      const known = [...told.first, ...(await announced(audit)).map(({ to }) => to)]
      expect(known, where).toEqual(expect.arrayContaining(signing))
      // Who was told of a key finds it in every checkpoint, and who knows the first only, too.
      expect(signing, where).toEqual(expect.arrayContaining([...told.first, ...told.rotatedTo]))
      const next = await audit.checkpoint()
      expect(signersOf(next, signing), where).not.toContain(false)
      for (const note of told.notes) expect(await compareWithAnchor(audit, note), where).toBeGreaterThan(0)
      const { text } = await audit.rotateKey()
      expect(signersOf(await audit.checkpoint(), [text, ...signing]), where).not.toContain(false)
      await store.close()
      states++
    }
  }
})

test('a new key is told of under a checkpoint of the old one alone, and signs beside it after a reopening', async () => {
  const home = { files: new MemoryStoreFiles(), backend: new MemoryBackend() }
  const first = await open(home)
  const [old] = first.audit.verifierKeys
  const { text } = await first.audit.rotateKey()
  const [{ from, to } = { from: '', to: '' }] = await announced(first.audit)
  expect([from, to]).toEqual([old!.text, text])
  const notes: string[] = []
  for await (const note of first.audit.checkpoints()) notes.push(note)
  expect(signersOf(notes.at(-1)!, [old!.text, text])).toEqual([true, false])
  expect(signersOf(await first.audit.checkpoint(), [old!.text, text])).toEqual([true, true])
  await first.store.close()
  const again = await open(home)
  await write(again.store)
  expect(signersOf(await again.audit.checkpoint(), [old!.text, text])).toEqual([true, true])
  expect(again.source.signers).toHaveLength(2)
  await again.store.close()
})

test('a key signs for thirty days after it was replaced, is not destroyed before, and is then', async () => {
  const clock = new TestClock()
  const home = { files: new MemoryStoreFiles(), backend: new MemoryBackend() }
  const { store, source, audit } = await open(home, clock)
  const [old] = store.keys.keyring.list().filter(({ scope }) => scope === 'audit-signing')
  const { text: oldKey } = audit.verifierKeys[0]!
  clock.advance(86_400_000)
  const { text: newKey } = await audit.rotateKey()
  clock.advance(SIGNING_OVERLAP_MS - 1)
  await source.retireKeys()
  await write(store)
  expect(signersOf(await audit.checkpoint(), [oldKey, newKey])).toEqual([true, true])
  await expect(store.keys.destroy(old!.id)).rejects.toMatchObject({ code: 'KEY_IN_USE' })
  clock.advance(1)
  await source.retireKeys()
  await write(store)
  expect(signersOf(await audit.checkpoint(), [oldKey, newKey])).toEqual([false, true])
  const states = store.keys.keyring.list().filter(({ scope }) => scope === 'audit-signing')
  expect(states.map(({ state }) => state).sort()).toEqual(['destroyed', 'primary'])
  await store.close()
})

test('a key whose time is over signs nothing after a reopening either', async () => {
  const clock = new TestClock()
  const home = { files: new MemoryStoreFiles(), backend: new MemoryBackend() }
  const first = await open(home, clock)
  await first.audit.rotateKey()
  await first.store.close()
  clock.advance(SIGNING_OVERLAP_MS)
  const again = await open(home, clock)
  expect(again.audit.verifierKeys).toHaveLength(1)
  await again.store.close()
})

test('a key that a rotation cut short has left replaces none, and its thirty days begin when it is taken up', async () => {
  const clock = new TestClock()
  const home = { files: new MemoryStoreFiles(), backend: new MemoryBackend() }
  const first = await open(home, clock)
  const { publicKey } = await first.store.keys.keyring.nextSigner()
  await first.store.close()
  clock.advance(2 * SIGNING_OVERLAP_MS)
  const { store, source, audit } = await open(home, clock)
  await source.retireKeys()
  const { text: oldKey } = audit.verifierKeys[0]!
  const { text: newKey } = await audit.rotateKey()
  expect(source.signers[0]!.publicKey).toEqual(publicKey)
  await source.retireKeys()
  await write(store)
  expect(signersOf(await audit.checkpoint(), [oldKey, newKey])).toEqual([true, true])
  await store.close()
})

test('rotations at once take turns, and end where a note has no room for more keys', async () => {
  const { store, audit } = await open({ files: new MemoryStoreFiles(), backend: new MemoryBackend() })
  const made = await Promise.all([audit.rotateKey(), audit.rotateKey(), audit.rotateKey()])
  expect((await announced(audit)).map(({ to }) => to)).toEqual(made.map(({ text }) => text))
  expect(audit.verifierKeys).toHaveLength(4)
  await expect(audit.rotateKey()).rejects.toMatchObject({ code: 'CRYPTO_KEY_EXHAUSTED' })
  await store.close()
})

test('the signing key is not rotated as if it sealed data', async () => {
  const { store } = await open({ files: new MemoryStoreFiles(), backend: new MemoryBackend() })
  await expect(store.keys.rotate(['audit-signing'])).rejects.toMatchObject({ code: 'CRYPTO_KEY_UNKNOWN' })
  await store.keys.keyring.nextSigner()
  await store.keys.reseal({ pace: 'full' })
  expect(store.keys.keyring.signers()).toHaveLength(1)
  await store.close()
})
