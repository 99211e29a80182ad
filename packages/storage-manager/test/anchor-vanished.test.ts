import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileAnchor, type Anchor } from '@forgeone/audit'
import { ForgeError } from '@forgeone/common'
import { expect, test } from 'vitest'
import { Forge, type ForgeOptions } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

interface Anchored {
  readonly options: ForgeOptions
  readonly disk: string
  readonly file: string
  /** Each run of a program makes its anchor anew. */
  anchor(): Promise<Anchor>
}

/** A store that has published to a file on another disk once. */
async function anchoredStore(folder: string): Promise<Anchored> {
  const options: ForgeOptions = { path: join(folder, 'data'), secret: SECRET, shardCount: 1 }
  const disk = join(folder, 'disk')
  const file = join(disk, 'anchor')
  mkdirSync(disk)
  const anchor = (): Promise<Anchor> => fileAnchor({ path: file, dataDirectory: options.path })
  const forge = await Forge.open({ ...options, anchors: [await anchor()] })
  await forge.settings.set('a', 1)
  await forge.close()
  return { options, disk, file, anchor }
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'nothing'
  } catch (error) {
    return error instanceof ForgeError ? error.code : `other: ${String(error)}`
  }
}

function emptyReason(place: string): object {
  return { code: 'AUDIT_ANCHOR_EMPTY', where: `anchor ${place}` }
}

test('an anchor file that vanished is told in the health and not made anew, until its owner says that it is new', async () => {
  await using folder = await temporaryFolder()
  const { options, file, anchor } = await anchoredStore(folder.path)
  for (const vanish of [() => rmSync(file), () => writeFileSync(file, '')]) {
    vanish()
    const given = await anchor()
    const forge = await Forge.open({ ...options, anchors: [given] })
    expect(forge.health()).toMatchObject({ state: 'degraded', reasons: [emptyReason(given.place)] })
    await forge.settings.set('a', 2)
    expect(await codeOf(forge.publishTo(given))).toBe('AUDIT_ANCHOR_EMPTY')
    await forge.close()
    expect(existsSync(file) ? readFileSync(file, 'utf8') : '').toBe('')
  }
  const renewed = await Forge.open({ ...options, anchors: [{ anchor: await anchor(), renew: true }] })
  expect(renewed.health().state).toBe('healthy')
  await renewed.close()
  expect(readFileSync(file, 'utf8')).toContain(renewed.audit.origin)
  const after = await Forge.open({ ...options, anchors: [await anchor()] })
  expect(after.health().state).toBe('healthy')
  await after.close()
})

test('a disk that is not mounted is told, and the anchor goes on when it is there again', async () => {
  await using folder = await temporaryFolder()
  const { options, disk, file, anchor } = await anchoredStore(folder.path)
  const away = join(folder.path, 'away')
  renameSync(disk, away)
  const given = await anchor()
  const forge = await Forge.open({ ...options, anchors: [given] })
  expect(forge.health().reasons).toMatchObject([emptyReason(given.place)])
  await forge.settings.set('a', 2)
  renameSync(away, disk)
  await forge.close()
  expect(readFileSync(file, 'utf8').split(forge.audit.origin).length).toBeGreaterThan(2)
})

test('a required anchor that vanished stops commits as one that fails does, and a new one lets them on', async () => {
  await using folder = await temporaryFolder()
  const { options, file, anchor } = await anchoredStore(folder.path)
  rmSync(file)
  const given = await anchor()
  const forge = await Forge.open({
    ...options,
    anchors: [{ anchor: given, everyMs: 1000, required: true }],
    anchorGraceMs: 0,
    onAnchorLoss: 'stop',
  })
  await expect.poll(() => forge.health().state, { timeout: 120_000 }).toBe('readonly')
  expect(await codeOf(forge.settings.set('a', 2))).toBe('AUDIT_ANCHOR_EMPTY')
  expect(existsSync(file)).toBe(false)
  await forge.publishTo(given, { renew: true })
  expect(forge.health().state).toBe('healthy')
  await forge.settings.set('a', 3)
  await forge.close()
})

test('that a checkpoint was published is remembered once, in a row and a leaf that name no place', async () => {
  await using folder = await temporaryFolder()
  const { options, anchor, disk } = await anchoredStore(folder.path)
  for (let opened = 0; opened < 2; opened++) {
    const forge = await Forge.open({ ...options, anchors: [await anchor()] })
    await forge.settings.set('a', opened)
    await forge.close()
  }
  const forge = await Forge.open(options)
  const leaves = await Array.fromAsync(forge.audit.query({ act: 'audit.anchored' }))
  expect(leaves.map(({ facts }) => facts.context)).toEqual([{ kind: 'file' }])
  expect(JSON.stringify(leaves)).not.toContain(disk)
  expect(await forge.damagedRows()).toEqual([])
  await forge.close()
})

test('an anchor that was never there, in a directory that is not there, keeps the store from opening', async () => {
  await using folder = await temporaryFolder()
  const { options } = await anchoredStore(folder.path)
  const path = join(folder.path, 'mistyped', 'anchor')
  const anchors = [await fileAnchor({ path, dataDirectory: options.path })]
  expect(await codeOf(Forge.open({ ...options, anchors }))).toBe('AUDIT_ANCHOR_FAILED')
})
