import { fork } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileAnchor, readNotes, verifyOwn } from '@forgeone/audit'
import { SeededRandom } from '@forgeone/common'
import { expect, inject, test } from 'vitest'
import { Forge, type ForgeOptions } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'
import { copyDirectory } from './copy-directory.ts'

const KILLS = inject('isLongTier') ? 100 : 2
/** One acceptance takes about so long here: kills fall into each of its steps. */
const KILL_MS_MAX = 400
const VICTIM = new URL('victims/accept-rollback.ts', import.meta.url)

test('a process that is killed while it accepts leaves the old name or the new one, and nothing signed twice', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'data')
  const anchorFile = join(folder.path, 'anchor')
  const options: ForgeOptions = { path, secret: SECRET, shardCount: 1 }
  await (await Forge.open(options)).close()
  const anchored = { ...options, anchors: [await fileAnchor({ path: anchorFile, dataDirectory: path })] }
  for (const value of [1, 2]) {
    const forge = await Forge.open(anchored)
    await forge.settings.set('a', value)
    await forge.close()
    if (value === 1) copyDirectory(path, join(folder.path, 'earlier'))
  }
  rmSync(path, { recursive: true })
  copyDirectory(join(folder.path, 'earlier'), path)
  const random = new SeededRandom(18)
  /** A name is signed with one key, whatever is cut short. */
  const keyOfOrigin = new Map<string, string>()
  const expectKnownKey = ({ audit: { origin, verifierKeys } }: Forge): void => {
    const keys = verifierKeys.map(({ text }) => text).join()
    expect(keyOfOrigin.get(origin) ?? keys).toBe(keys)
    keyOfOrigin.set(origin, keys)
  }
  const before = await Forge.open(anchored)
  expectKnownKey(before)
  await before.close()
  for (let kill = 0; kill < KILLS; kill++) {
    const child = fork(VICTIM, [path, anchorFile], { execArgv: process.execArgv, stdio: 'inherit' })
    await new Promise((resolve) => child.once('message', resolve))
    await setTimeout(random.below(KILL_MS_MAX))
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
    const forge = await Forge.open(anchored)
    expectKnownKey(forge)
    const { state, reasons } = forge.health()
    // Before its commit was durable the rollback still stands; after it the store goes on.
    if (state === 'readonly') expect(reasons).toMatchObject([{ code: 'AUDIT_ROLLBACK' }])
    else expect([state, reasons]).toEqual(['healthy', []])
    expect(await forge.settings.get('a')).toBe(1)
    await forge.close()
  }
  const forge = await Forge.open({ ...anchored, acceptRollback: { reason: 'the last', copy: true } })
  await forge.settings.set('a', 3)
  expect(await verifyOwn(forge.audit, { anchors: await readNotes(anchorFile) })).toMatchObject({ ok: true })
  // Each name that ever signed was ended by a leaf, but for the one in force.
  const named = new Set((await readNotes(anchorFile)).map((note) => note.slice(0, note.indexOf('\n'))))
  named.delete(forge.audit.origin)
  expect([...named].filter((origin) => !forge.audit.endedOrigins.has(origin))).toEqual([])
  await forge.close()
})
