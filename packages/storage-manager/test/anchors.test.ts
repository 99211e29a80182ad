import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileAnchor, readNotes, verifyOwn, type Anchor } from '@forgeone/audit'
import { ForgeError, ManualClock } from '@forgeone/common'
import { expect, test } from 'vitest'
import { rawKeyProvider } from '@forgeone/crypto'
import { ClassicBackend } from '@forgeone/engine'
import { applyKeyPolicy, overdueScopes } from '../src/keys/key-policy.ts'
import { Forge, type ForgeOptions } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { copyDirectory } from './copy-directory.ts'

const KEY = { key: new Uint8Array(32).fill(3) }

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'nothing'
  } catch (error) {
    return error instanceof ForgeError ? error.code : `other: ${String(error)}`
  }
}

function keysOf(forge: Forge): unknown {
  const { keys, slots } = forge.keys.status()
  return [keys.map(({ id, state }) => [id, state]), slots]
}

interface RolledBack {
  readonly options: ForgeOptions
  readonly withAnchor: ForgeOptions
  readonly anchorFile: string
  /** Puts the directory back to where `a` was 1. */
  rollBack(): void
}

/** A store in which `a` was 1 and is 2, with an anchor that knows so. */
async function storeToRollBack(folder: string): Promise<RolledBack> {
  const path = join(folder, 'data')
  const anchorFile = join(folder, 'anchor')
  const options: ForgeOptions = { path, secret: KEY, shardCount: 1 }
  await (await Forge.open(options)).close()
  const anchor = await fileAnchor({ path: anchorFile, dataDirectory: path })
  const withAnchor = { ...options, anchors: [anchor] }
  for (const value of [1, 2]) {
    const forge = await Forge.open(withAnchor)
    await forge.settings.set('a', value)
    await forge.close()
    if (value === 1) copyDirectory(path, join(folder, 'earlier'))
  }
  const rollBack = (): void => {
    rmSync(path, { recursive: true })
    copyDirectory(join(folder, 'earlier'), path)
  }
  return { options, withAnchor, anchorFile, rollBack }
}

test('a directory that was put back to an earlier state is only read, and signs nothing', async () => {
  await using folder = await temporaryFolder()
  const { options, withAnchor, anchorFile, rollBack } = await storeToRollBack(folder.path)
  const notes = readFileSync(anchorFile, 'utf8')
  rollBack()
  const rolledBack = await Forge.open(withAnchor)
  const { sequence } = rolledBack
  expect(rolledBack.health()).toMatchObject({ state: 'readonly', reasons: [{ code: 'AUDIT_ROLLBACK' }] })
  expect(await rolledBack.settings.get('a')).toBe(1)
  expect(await rolledBack.audit.leaf(0)).toContain('store.created')
  expect(await verifyOwn(rolledBack.audit)).toMatchObject({ ok: false, code: 'AUDIT_ROLLBACK' })
  const keysBefore = keysOf(rolledBack)
  const writes: readonly (() => Promise<unknown>)[] = [
    () => rolledBack.settings.set('a', 3),
    () => rolledBack.logs.append({ topic: 'app', message: 'x' }),
    () => rolledBack.audit.checkpoint(),
    () => rolledBack.vault.set('db', 'x'),
    () => rolledBack.keys.rotate({ scopes: ['system'] }),
    () => rolledBack.keys.addProvider(rawKeyProvider(new Uint8Array(32))),
    () => rolledBack.keys.reseal(),
  ]
  for (const write of writes) expect(await codeOf(write())).toBe('AUDIT_ROLLBACK')
  expect(keysOf(rolledBack)).toEqual(keysBefore)
  await rolledBack.flush()
  await rolledBack.close()
  expect(readFileSync(anchorFile, 'utf8')).toBe(notes)
  const blind = await Forge.open(options)
  expect(blind.sequence).toBe(sequence)
  // Another history from the same state is a fork, once it is longer.
  for (let index = 0; index < 20; index++) await blind.settings.set('a', 3)
  await blind.close()
  const fork = await Forge.open(withAnchor)
  expect(fork.health()).toMatchObject({ state: 'readonly', reasons: [{ code: 'AUDIT_FORK' }] })
  expect(await codeOf(fork.settings.set('a', 4))).toBe('AUDIT_FORK')
  await fork.close()
})

test('an accepted rollback goes on under a new name with a new key, and its leaf tells the old ones', async () => {
  await using folder = await temporaryFolder()
  const { options, withAnchor, anchorFile, rollBack } = await storeToRollBack(folder.path)
  rollBack()
  const before = await Forge.open(withAnchor)
  const old = {
    origin: before.audit.origin,
    key: before.audit.verifierKeys[0]!.text,
    size: before.audit.size,
  }
  const kept = before.audit.lastCheckpointSize
  const root = Buffer.from(await before.audit.rootAt(kept)).toString('base64')
  await before.close()
  const forge = await Forge.open({
    ...withAnchor,
    acceptRollback: { reason: ' the disk of May was restored ' },
  })
  expect(forge.health().state).toBe('healthy')
  expect(forge.audit.origin).not.toBe(old.origin)
  expect(forge.audit.verifierKeys).toHaveLength(1)
  expect(forge.audit.verifierKeys[0]!.text.split('+')[2]).not.toBe(old.key.split('+')[2])
  expect(JSON.parse(await forge.audit.leaf(old.size))).toMatchObject({
    act: 'store.restored',
    ctx: {
      accepted: [`AUDIT_ROLLBACK ${old.origin}`],
      before: { origin: old.origin, size: kept, root },
      key: forge.audit.verifierKeys[0]!.text,
      origin: forge.audit.origin,
      reason: 'the disk of May was restored',
    },
  })
  await forge.settings.set('a', 5)
  const { origin } = forge.audit
  await forge.close()
  // The anchor goes on with the new name beside the old notes, and a rollback to before the new name shows.
  const notes = readFileSync(anchorFile, 'utf8')
  expect(notes).toContain(`\n${origin}\n`)
  const again = await Forge.open(withAnchor)
  expect([again.health().state, await again.settings.get('a')]).toEqual(['healthy', 5])
  expect(await verifyOwn(again.audit, { anchors: await readNotes(anchorFile) })).toMatchObject({ ok: true })
  await again.close()
  rollBack()
  const undone = await Forge.open(withAnchor)
  expect(undone.health()).toMatchObject({ state: 'readonly', reasons: [{ code: 'AUDIT_ROLLBACK' }] })
  await undone.close()
  // An older FORGE alone names a generation that has ended: the store's own row decides.
  const third = await Forge.open({ ...withAnchor, acceptRollback: { reason: 'again' } })
  const newest = third.audit.origin
  await third.close()
  cpSync(join(folder.path, 'earlier', 'FORGE'), join(options.path, 'FORGE'))
  const mended = await Forge.open(withAnchor)
  expect([mended.audit.origin, mended.health().state]).toEqual([newest, 'healthy'])
  await mended.close()
})

test('a copy that is to live on its own is given a name of its own', async () => {
  await using folder = await temporaryFolder()
  const { options, withAnchor } = await storeToRollBack(folder.path)
  const copy = { ...options, path: join(folder.path, 'copy') }
  copyDirectory(options.path, copy.path)
  expect(await codeOf(Forge.open({ ...copy, acceptRollback: { reason: 'staging' } }))).toBe(
    'AUDIT_NOTHING_TO_ACCEPT',
  )
  const untouched = await Forge.open(copy)
  expect(untouched.audit.endedOrigins.size).toBe(0)
  await untouched.close()
  const staging = await Forge.open({ ...copy, acceptRollback: { reason: 'staging', copy: true } })
  await staging.settings.set('a', 'staging')
  const { origin } = staging.audit
  await staging.close()
  const original = await Forge.open(withAnchor)
  expect(original.audit.origin).not.toBe(origin)
  expect(original.health().state).toBe('healthy')
  await original.close()
})

test('rows of rights that were put back are accepted with the rest, and named', async () => {
  await using folder = await temporaryFolder()
  const { options } = await storeToRollBack(folder.path)
  await putOlderSettingBack(options)
  const aside = await Forge.open(options)
  expect(await codeOf(aside.settings.get('a'))).toBe('STATE_MISMATCH')
  expect(aside.health().reasons.map(({ code }) => code)).toContain('STATE_MISMATCH')
  await aside.close()
  const forge = await Forge.open({ ...options, acceptRollback: { reason: 'no copy is left' } })
  expect(await forge.settings.get('a')).toBe(1)
  const leaves = await Array.fromAsync(forge.audit.query({ act: 'store.restored' }))
  expect(leaves.map(({ facts }) => facts.context?.['accepted'])).toEqual([['STATE_MISMATCH system']])
  await forge.close()
  await (await Forge.open(options)).close()
})

/** Through LevelDB, into a table, and with the flush point away, which would show that its files changed. */
async function putOlderSettingBack({ path }: ForgeOptions): Promise<void> {
  const folder = join(path, '..')
  cpSync(join(folder, 'earlier', 'system'), join(folder, 'older', 'system'), { recursive: true })
  const older = await new ClassicBackend(join(folder, 'older')).open('system', { create: false })
  const backend = new ClassicBackend(path)
  const level = await backend.open('system', { create: false })
  for await (const [key, value] of older.iterator({ gte: Uint8Array.of(0x10), lt: Uint8Array.of(0x11) }))
    await level.put(key, value)
  await backend.flush('system', level)
  await Promise.all([older.close(), level.close()])
  rmSync(join(path, 'journal', 'flush-point'))
}

test('commits are refused once a required anchor was away for the time of grace, and taken again after', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'data')
  const clock = new ManualClock()
  let away = true
  let tried = 0
  const anchor: Anchor = {
    kind: 'command',
    place: 'nowhere',
    newest: () => Promise.resolve(undefined),
    publish: () => {
      tried++
      return away
        ? Promise.reject(new ForgeError('AUDIT_ANCHOR_FAILED', 'the anchor is away'))
        : Promise.resolve([])
    },
  }
  const forge = await Forge.open({
    path,
    secret: KEY,
    shardCount: 1,
    clock,
    anchors: [{ anchor, everyMs: 1000, required: true }],
    anchorGraceMs: 5000,
    onAnchorLoss: 'stop',
  })
  await forge.settings.set('a', 1)
  const pollForLong = { timeout: 120_000 }
  clock.advance(1000)
  await expect.poll(() => tried, pollForLong).toBe(1)
  expect(forge.health().state).toBe('healthy')
  clock.advance(4000)
  await expect.poll(() => forge.health().state, pollForLong).toBe('readonly')
  expect(await codeOf(forge.settings.set('a', 2))).toBe('AUDIT_ANCHOR_FAILED')
  expect(await forge.settings.get('a')).toBe(1)
  away = false
  clock.advance(1000)
  await expect.poll(() => forge.health().state, pollForLong).toBe('healthy')
  await forge.settings.set('a', 3)
  await forge.close()
  expect(existsSync(path)).toBe(true)
})

test('a keyring of before is accepted for a reason only, and one seen before that never passes again', async () => {
  await using folder = await temporaryFolder()
  const options: ForgeOptions = { path: join(folder.path, 'data'), secret: KEY, shardCount: 1 }
  const keyrings = ['keyring', 'keyring.copy']
  const copy = (from: string, to: string): void => {
    for (const name of keyrings) cpSync(join(from, name), join(to, name))
  }
  const first = await Forge.open(options)
  await first.settings.set('a', 1)
  await first.close()
  const older = join(folder.path, 'older')
  copy(options.path, older)
  const second = await Forge.open(options)
  const slot = await second.keys.addProvider(rawKeyProvider(new Uint8Array(32).fill(9)))
  const { revision } = second.keys.status()
  await second.keys.removeProvider(slot.id)
  await second.close()
  const newer = join(folder.path, 'newer')
  copy(options.path, newer)
  copy(older, options.path)
  // However often it is tried: opening makes seals, and their reservation is written into the keyring.
  for (let attempt = 0; attempt < 4; attempt++)
    expect(await codeOf(Forge.open(options))).toBe('KEYRING_ROLLED_BACK')
  expect(await codeOf(Forge.open({ ...options, acceptRollback: { reason: 'another matter' } }))).toBe(
    'KEYRING_ROLLED_BACK',
  )
  const accepted = await Forge.open({ ...options, acceptRestoredKeyring: { reason: 'from the safe' } })
  expect(accepted.keys.status().revision).toBeGreaterThan(revision + 1)
  expect(await accepted.settings.get('a')).toBe(1)
  const [leaf] = await Array.fromAsync(accepted.audit.query({ act: 'keys.restored' }))
  expect(leaf?.facts.context).toMatchObject({ reason: 'from the safe', told: revision + 1 })
  await accepted.close()
  await (await Forge.open(options)).close()
  copy(newer, options.path)
  expect(await codeOf(Forge.open(options))).toBe('KEYRING_ROLLED_BACK')
})

test('an anchor that fails keeps nobody from working, and is told to the logger', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'data')
  const messages: string[] = []
  const failing = {
    kind: 'command' as const,
    place: 'nowhere',
    newest: () => Promise.resolve(undefined),
    publish: () => Promise.reject(new ForgeError('AUDIT_ANCHOR_FAILED', 'the anchor is away')),
  }
  const logger = { log: (_level: string, message: string) => void messages.push(message) }
  const forge = await Forge.open({ path, secret: KEY, shardCount: 1, anchors: [failing], logger })
  await forge.close()
  expect(messages).toContain('the anchor is away')
})

test('keys that are due are rotated, what they sealed moves, and nothing else happens', async () => {
  await using folder = await temporaryFolder()
  const clock = new ManualClock()
  const forge = await Forge.open({ path: join(folder.path, 'data'), secret: KEY, shardCount: 1, clock })
  await forge.settings.set('a', 1)
  const { signal } = new AbortController()
  const policy = { maxAgeDays: 30 }
  expect(await applyKeyPolicy(forge.keys, { policy, clock, signal })).toEqual([])
  clock.advance(31 * 86_400_000)
  expect(overdueScopes(forge.keys, { policy, clock })).toEqual(expect.arrayContaining([...forge.keys.scopes]))
  expect(await applyKeyPolicy(forge.keys, { policy: { ...policy, auto: false }, clock, signal })).toEqual([])
  expect((await applyKeyPolicy(forge.keys, { policy, clock, signal })).length).toBe(forge.keys.scopes.length)
  expect(overdueScopes(forge.keys, { policy, clock })).toEqual([])
  const uses = await forge.keys.uses()
  const old = forge.keys.status().keys.filter(({ state }) => state === 'decrypt-only')
  expect(old.every(({ id }) => !uses.has(id))).toBe(true)
  expect(await forge.settings.get('a')).toBe(1)
  await forge.close()
})
