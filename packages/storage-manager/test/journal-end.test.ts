import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ClassicBackend } from '@forgeone/engine'
import { expect, test } from 'vitest'
import { Forge, type ForgeOptions } from '../src/index.ts'
import { copyAsKilled } from './copy-as-killed.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'
import { copyDirectory } from './copy-directory.ts'

const SEGMENT_HEADER_BYTES = 77

/** A store with a checkpoint over all its commits but the last one, as a kill leaves it. */
async function killedStore(
  folder: string,
): Promise<{ readonly options: ForgeOptions; readonly frames: number[] }> {
  const open = { path: join(folder, 'data'), secret: SECRET, shardCount: 1 }
  const forge = await Forge.open(open)
  for (let value = 0; value < 8; value++) await forge.settings.set('a', value)
  await forge.audit.checkpoint()
  await forge.settings.set('a', 'last')
  const path = join(folder, 'killed')
  await copyAsKilled(open.path, path)
  await forge.close()
  return { options: { ...open, path, create: 'never' }, frames: framesOf(lastSegment(path)) }
}

function lastSegment(path: string): string {
  const names = readdirSync(join(path, 'journal')).filter((name) => name.endsWith('.wal'))
  return join(path, 'journal', names.sort().at(-1)!)
}

/** Where each frame of a segment begins. */
function framesOf(segment: string): number[] {
  const bytes = readFileSync(segment)
  const starts: number[] = []
  for (let at = SEGMENT_HEADER_BYTES; at + 4 <= bytes.length && bytes.readUInt32BE(at) > 0;) {
    starts.push(at)
    at += bytes.readUInt32BE(at)
  }
  return starts
}

for (const count of [2, 3, 5]) {
  test(`a killed store whose last ${count} frames are cut is only read: it has signed more than there is`, async () => {
    await using folder = await temporaryFolder()
    const { options, frames } = await killedStore(folder.path)
    truncateSync(lastSegment(options.path), frames.at(-count)!)
    const forge = await Forge.open(options)
    expect(forge.health()).toMatchObject({ state: 'readonly', reasons: [{ code: 'AUDIT_ROLLBACK' }] })
    expect(await forge.settings.get('a')).toBe(8 - count)
    await expect(forge.settings.set('a', 'more')).rejects.toMatchObject({ code: 'AUDIT_ROLLBACK' })
    expect((await forge.verify()).problems).toContainEqual(
      expect.objectContaining({ code: 'AUDIT_ROLLBACK' }),
    )
    await forge.close()
    const accepted = await Forge.open({ ...options, acceptRollback: { reason: 'the end is lost' } })
    await accepted.settings.set('a', 'more')
    await accepted.audit.checkpoint()
    expect((await accepted.verify()).problems).toEqual([])
    await accepted.close()
    const again = await Forge.open(options)
    // Beyond the size that the ended name had signed.
    for (let value = 0; value < 20; value++) await again.settings.set('b', value)
    await again.audit.checkpoint()
    expect([again.health().reasons, (await again.verify()).problems]).toEqual([[], []])
    await again.close()
  })
}

test('a flipped bit in the last frame is cut like a torn one, and told of', async () => {
  await using folder = await temporaryFolder()
  const { options, frames } = await killedStore(folder.path)
  const segment = lastSegment(options.path)
  const bytes = readFileSync(segment)
  bytes[frames.at(-1)! + 90]! ^= 1
  writeFileSync(segment, bytes)
  const forge = await Forge.open(options)
  expect(forge.health()).toMatchObject({ state: 'healthy', notices: [{ code: 'JOURNAL_TAIL_TORN' }] })
  const report = await forge.verify()
  expect(report).toMatchObject({ ok: true, notices: [{ code: 'JOURNAL_TAIL_TORN' }] })
  expect(await forge.settings.get('a')).toBe(7)
  await forge.close()
})

test('a shard whose rows are not those that were described is set aside alone', async () => {
  await using folder = await temporaryFolder()
  const open = { path: join(folder.path, 'data'), secret: SECRET, shardCount: 2 }
  const forge = await Forge.open(open)
  for (const topic of ['a', 'b', 'c', 'd', 'e', 'f']) {
    await forge.logs.append({ topic, message: `of ${topic}` })
    await forge.events.append({ topic, payload: topic })
  }
  await forge.events.groups.create('g', { topics: ['>'], from: 'start' })
  await forge.settings.set('a', 1)
  await forge.flush()
  const killed = join(folder.path, 'described-and-killed')
  await copyAsKilled(open.path, killed)
  await forge.close()
  for (const database of ['logs_shard_0', 'events_shard_1', 'system', 'vault']) {
    const path = join(folder.path, `without-${database}`)
    copyDirectory(killed, path)
    // Rows go through a table, so that no log tells of it.
    const backend = new ClassicBackend(path)
    const level = await backend.open(database, { create: false })
    const keys = await level.keys().all()
    await level.batch(keys.filter((key) => key[0] !== 0).map((key) => ({ type: 'del' as const, key })))
    await level.put(Uint8Array.of(0x99), Uint8Array.of(1))
    await backend.flush(database, level)
    await level.close()
    const damaged = await Forge.open({ ...open, path, create: 'never' })
    const { reasons } = damaged.health()
    expect(reasons.filter(({ where }) => where === database)).toMatchObject([{ code: 'STATE_MISMATCH' }])
    const logs = await damaged.logs
      .read()
      .toArray()
      .catch(() => [])
    const events = await damaged.events
      .read()
      .toArray()
      .catch(() => [])
    if (database !== 'logs_shard_0') expect(logs.length).toBe(6)
    if (database !== 'events_shard_1') expect(events.length).toBe(6)
    if (database !== 'system') expect(await damaged.settings.get('a')).toBe(1)
    await damaged.close()
  }
})
