import { cpSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { Forge, type ForgeOptions } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

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
  const left = new Set(['lock', 'LOCK'])
  cpSync(open.path, path, { recursive: true, filter: (source) => !left.has(basename(source)) })
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
