import { execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { ForgeError, ManualClock } from '@forgeone/common'
import { BUNDLE_FILE_BYTES_MAX, BUNDLE_FILES_MAX, readBundleFiles, signDsse } from '@forgeone/evidence'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CONTROLS, Forge, verifyBundle } from '../src/index.ts'
import { ed25519Signer } from '@forgeone/crypto'
import { temporaryFolder } from './temporary-folder.ts'

const KEY = { key: new Uint8Array(32).fill(3) }
const DAY_MS = 86_400_000
const CANARY = 'person-canary-4711'
const clock = new ManualClock()
const start = clock.now()
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let forge: Forge
let vkey: string

beforeAll(async () => {
  folder = await temporaryFolder()
  forge = await Forge.open({ path: `${folder.path}/data`, secret: KEY, shardCount: 1, clock })
  for (let day = 0; day < 20; day++) {
    await forge.settings.set(`setting.${CANARY}`, day)
    if (day === 10) await forge.access.setRoles(CANARY, ['reader'])
    if (day === 12) await forge.keys.rotate({ scopes: ['system'] })
    if (day === 15) await forge.verify()
    await forge.audit.checkpoint()
    clock.advance(DAY_MS)
  }
  vkey = forge.audit.verifierKeys[0]!.text
})

afterAll(async () => {
  await forge.close()
  await folder[Symbol.asyncDispose]()
})

async function codeOf(call: () => Promise<unknown>): Promise<string> {
  try {
    await call()
    return 'nothing'
  } catch (error) {
    return error instanceof ForgeError ? error.code : `other: ${String(error)}`
  }
}

const period = { from: start + 8 * DAY_MS, to: start + 16 * DAY_MS }
let made = 0
async function newBundle(o = period): Promise<string> {
  const directory = join(folder.path, `bundle-${made++}`)
  await forge.compliance.report({ ...o, directory })
  return directory
}

function filesOf(directory: string): Map<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((each) =>
    each.isFile(),
  )
  return new Map(
    files.map(({ parentPath, name }) => [
      join(parentPath, name).slice(directory.length + 1),
      readFileSync(join(parentPath, name), 'utf8'),
    ]),
  )
}

describe('an evidence bundle', () => {
  test('is verified without the store, with the key from elsewhere or from itself', async () => {
    const directory = await newBundle()
    const verdict = await verifyBundle({ directory, vkey })
    expect(verdict).toMatchObject({ ok: true, problems: [], origin: forge.audit.origin, trusted: true })
    expect(verdict.leaves).toBeGreaterThan(8)
    expect((await verifyBundle({ directory })).trusted).toBe(false)
    const foreign = `other+00000000+${Buffer.from([1, ...new Uint8Array(32)]).toString('base64')}`
    expect((await verifyBundle({ directory, vkey: foreign })).ok).toBe(false)
  })

  test('says present only where rows are, and missing with the reason elsewhere; a failed check fails its controls', async () => {
    const files = filesOf(await newBundle())
    const states = (
      JSON.parse(files.get('controls.json')!) as {
        controls: { evidence: string; state: string; reason?: string }[]
      }
    ).controls
    const stateOf = (id: string): readonly string[] => [
      ...new Set(states.filter(({ evidence }) => evidence === id).map(({ state }) => state)),
    ]
    expect(states).toHaveLength(CONTROLS.length)
    for (const id of ['keys', 'access', 'changes', 'monitoring', 'integrity'])
      expect([id, stateOf(id)]).toEqual([id, ['evidence-present']])
    for (const id of ['recovery', 'erasure', 'subject-rights'])
      expect([id, stateOf(id)]).toEqual([id, ['evidence-missing']])
    expect(
      states.filter(({ state }) => state !== 'evidence-present').every(({ reason }) => (reason ?? '') !== ''),
    ).toBe(true)
    expect([...files.values()].join()).not.toMatch(/compliant/i)
  })

  test('holds no name of a person, a setting or a secret', async () => {
    expect([...filesOf(await newBundle()).values()].join()).not.toContain(CANARY)
  })

  test('is the same bytes when it is made again, and an empty period is missing everything', async () => {
    expect(filesOf(await newBundle())).toEqual(filesOf(await newBundle()))
    const empty = await newBundle({ from: start - 20 * DAY_MS, to: start - 10 * DAY_MS })
    expect(await verifyBundle({ directory: empty, vkey })).toMatchObject({ ok: true })
    const { controls } = JSON.parse(filesOf(empty).get('controls.json')!) as { controls: { state: string }[] }
    expect(new Set(controls.map(({ state }) => state))).toEqual(new Set(['evidence-missing']))
  })

  test('of what was just written, and of a time after all of it, is verified too', async () => {
    const now = clock.now()
    const writes = Array.from({ length: 300 }, (_, index) => forge.settings.set(`setting.${index}`, index))
    await Promise.all(writes)
    const fresh = await newBundle({ from: now - DAY_MS, to: now + DAY_MS })
    const verdict = await verifyBundle({ directory: fresh, vkey })
    expect(verdict).toMatchObject({ ok: true, problems: [] })
    expect(verdict.leaves).toBeGreaterThan(300)
    const later = await newBundle({ from: now + 5 * DAY_MS, to: now + 6 * DAY_MS })
    expect(await verifyBundle({ directory: later, vkey })).toMatchObject({
      ok: true,
      problems: [],
      leaves: 1,
    })
  })

  test('with one file removed, added or changed, or one row or leaf, fails and names the place', async () => {
    const directory = await newBundle()
    const names = [...filesOf(directory).keys()]
    const tampered = async (change: (copy: string) => void): Promise<readonly string[]> => {
      const copy = mkdtempSync(join(folder.path, 'tampered-'))
      cpSync(directory, copy, { recursive: true })
      change(copy)
      const { ok, problems } = await verifyBundle({ directory: copy, vkey })
      expect(ok).toBe(false)
      return problems.map(({ file }) => file)
    }
    for (const name of names) {
      expect([name, await tampered((copy) => rmSync(join(copy, name)))]).toEqual([
        name,
        expect.arrayContaining([name]),
      ])
      const content = readFileSync(join(directory, name), 'utf8')
      const at = Math.floor(content.length / 2)
      const changed = content.slice(0, at) + (content[at] === 'a' ? 'b' : 'a') + content.slice(at + 1)
      expect([name, (await tampered((copy) => writeFileSync(join(copy, name), changed))).length > 0]).toEqual(
        [name, true],
      )
    }
    expect(await tampered((copy) => writeFileSync(join(copy, 'evidence/extra.json'), '{}'))).toEqual([
      'evidence/extra.json',
    ])
    const lines = readFileSync(join(directory, 'leaves.ndjson'), 'utf8').split('\n')
    const variants = [
      lines.toSpliced(2, 1),
      [lines[1]!, lines[0]!, ...lines.slice(2)],
      lines.toSpliced(2, 0, lines[2]!),
    ]
    for (const variant of variants) {
      expect(
        await tampered((copy) => writeFileSync(join(copy, 'leaves.ndjson'), variant.join('\n'))),
      ).toContain('leaves.ndjson')
    }
  })

  test('re-signed by another key over changed leaves is still refused', async () => {
    const directory = await newBundle()
    const forged = signDsse({ payloadType: 'application/vnd.in-toto+json', value: {} }, [
      ed25519Signer(new Uint8Array(32).fill(9)),
    ])
    writeFileSync(join(directory, 'statement.dsse.json'), JSON.stringify(forged))
    const { problems } = await verifyBundle({ directory, vkey })
    expect(problems.map(({ file }) => file)).toEqual(['statement.dsse.json'])
  })

  test('of an impossible period, or into a directory that is there, is refused', async () => {
    const directory = join(folder.path, 'never')
    for (const o of [
      { from: 5, to: 5 },
      { from: 10, to: 5 },
      { from: 0, to: 401 * DAY_MS },
      { from: Number.NaN, to: 5 },
    ]) {
      expect(await codeOf(() => forge.compliance.report({ ...o, directory }))).toBe('BUNDLE_PERIOD')
    }
    expect(await codeOf(() => forge.compliance.report({ ...period, directory: folder.path }))).toBe(
      'IO_FAILED',
    )
    expect(await codeOf(() => verifyBundle({ directory: join(folder.path, 'none') }))).toBe('INPUT_NOT_FOUND')
    expect(await codeOf(() => verifyBundle({ directory: join(folder.path, 'data') }))).toMatch(
      /BUNDLE_INVALID/,
    )
  })
})

const refused = async (change: (directory: string) => void, code = 'BUNDLE_INVALID'): Promise<void> => {
  const directory = await newBundle()
  change(directory)
  expect(await codeOf(() => verifyBundle({ directory, vkey }))).toBe(code)
}

test('a directory that is no bundle, or more than one, is refused before it is read whole', async () => {
  // A sparse file takes no disk.
  await refused((directory) => truncateSync(join(directory, 'leaves.ndjson'), BUNDLE_FILE_BYTES_MAX + 1))
  await refused((directory) => {
    for (let n = 0; n <= BUNDLE_FILES_MAX; n++) writeFileSync(join(directory, `more-${n}`), '')
  })
  await refused((directory) => {
    for (let n = 0; n <= BUNDLE_FILES_MAX * 2; n++) mkdirSync(join(directory, `more-${n}`))
  })
  await refused((directory) => mkdirSync(join(directory, 'a/b/c/d'), { recursive: true }))
  await refused((directory) => execFileSync('mkfifo', [join(directory, 'pipe')]))
  await refused((directory) => {
    rmSync(join(directory, 'checkpoint'))
    mkdirSync(join(directory, 'checkpoint'))
    symlinkSync('/dev/zero', join(directory, 'zero'))
  })
  await refused((directory) => rmSync(directory, { recursive: true }), 'INPUT_NOT_FOUND')
})

test('the files of a bundle together are bounded too', async () => {
  const directory = await newBundle()
  const bytes = [...filesOf(directory).values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  expect((await readBundleFiles(directory, { bytesMax: bytes })).size).toBe(filesOf(directory).size)
  expect(await codeOf(() => readBundleFiles(directory, { bytesMax: bytes - 1 }))).toBe('BUNDLE_INVALID')
})
