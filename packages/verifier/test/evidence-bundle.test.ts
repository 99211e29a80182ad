import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { verifierKey } from '@forgeone/audit'
import { ManualClock } from '@forgeone/common'
import { ed25519Signer } from '@forgeone/crypto'
import { Forge } from '@forgeone/storage-manager'
import { afterAll, beforeAll, expect, test } from 'vitest'

const SCRIPT = fileURLToPath(new URL('../src/verify.mjs', import.meta.url))
const DAY_MS = 86_400_000
const STATEMENT = 'statement.dsse.json'
const root = mkdtempSync(join(tmpdir(), 'forge-bundle-'))
const vkey = join(root, 'log.vkey')
const stranger = ed25519Signer(new Uint8Array(32).fill(9))
let origin: string

interface Period {
  readonly from: number
  readonly to: number
}

/** One bundle of the middle of the log, and one that begins with its first leaf. */
const directories = { middle: join(root, 'middle'), start: join(root, 'start') }

beforeAll(async () => {
  const clock = new ManualClock()
  const begin = clock.now()
  const forge = await Forge.open({
    path: join(root, 'data'),
    secret: { key: new Uint8Array(32).fill(3) },
    shardCount: 1,
    clock,
  })
  for (let day = 0; day < 12; day++) {
    await forge.settings.set(`setting.${day}`, day)
    await forge.audit.checkpoint()
    clock.advance(DAY_MS)
  }
  origin = forge.audit.origin
  writeFileSync(vkey, `${forge.audit.verifierKeys[0]!.text}\n`)
  const middle: Period = { from: begin + 4 * DAY_MS, to: begin + 8 * DAY_MS }
  await forge.compliance.report({ ...middle, directory: directories.middle })
  await forge.compliance.report({ from: begin - DAY_MS, to: middle.to, directory: directories.start })
  await forge.close()
})

afterAll(() => rmSync(root, { recursive: true }))

function run(directory: string, keyFile = vkey): { status: number | null; output: string } {
  const words = [SCRIPT, 'bundle', directory, '--vkey', keyFile]
  const { status, stdout } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  return { status, output: stdout }
}

test('it accepts bundles of any part of the log, and says of which period and how many leaves', () => {
  for (const directory of Object.values(directories)) {
    const { status, output } = run(directory)
    expect(output).toMatch(
      /: all [1-9]\d* leaves of \S+Z to \S+Z, of \d+\n\d+ files are as they were signed\n$/,
    )
    expect(output.startsWith(`ok ${origin}: `)).toBe(true)
    expect(status).toBe(0)
  }
})

/** Changes a file of a copy, by its text; undefined removes it. */
type Change = readonly [
  what: string,
  name: string,
  change: (text: string) => string | undefined,
  said: string,
]

function changed([, name, change]: Change): string {
  const copy = join(root, 'changed')
  rmSync(copy, { recursive: true, force: true })
  cpSync(directories.middle, copy, { recursive: true })
  const file = join(copy, name)
  const text = change(name === 'stranger' ? '' : readFileSync(file, 'utf8'))
  if (text === undefined) rmSync(file)
  else writeFileSync(file, text)
  return copy
}

const absent = (): undefined => undefined
const oneMore = (text: string): string => `${text} `
const withoutLine = (text: string): string => text.slice(text.indexOf('\n') + 1)
const otherDigest = (text: string): string => {
  const envelope = JSON.parse(text) as { payload: string }
  const payload = Buffer.from(envelope.payload, 'base64').toString().replace('leaves', 'Leaves')
  return JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString('base64') })
}

const CHANGED_FILES: readonly Change[] = [
  ['a page that says something else', 'evidence.html', oneMore, 'evidence.html was changed'],
  ['a leaf less', 'leaves.ndjson', withoutLine, 'leaves.ndjson was changed'],
  ['a file less', 'evidence/keys.json', absent, 'evidence/keys.json is missing'],
  ['a file more', 'stranger', oneMore, 'stranger is not named in the statement'],
  ['another statement', STATEMENT, otherDigest, 'no known key has signed the statement'],
  ['a statement that is no envelope', STATEMENT, () => '{}', 'the envelope is none of'],
  ['no statement', STATEMENT, absent, 'what was given cannot be read'],
]

test.each(CHANGED_FILES)('it refuses a bundle with %s', (...change) => {
  const { status, output } = run(changed(change))
  expect(output).toContain(`refused: ${change[3]}`)
  expect(status).toBe(1)
})

test('it follows no link out of a bundle', () => {
  const copy = changed(['', 'evidence.html', absent, ''])
  symlinkSync(join(directories.middle, 'evidence.html'), join(copy, 'evidence.html'))
  expect(run(copy)).toEqual({ status: 1, output: 'refused: evidence.html is no file\n' })
})

test('it refuses a bundle of another store', () => {
  const other = join(root, 'other.vkey')
  writeFileSync(other, verifierKey({ name: origin, publicKey: stranger.publicKey }).text)
  expect(run(directories.middle, other).output).toBe('refused: no known key has signed the statement\n')
})

/** A statement over the files as they are, by a key that the verifier is made to trust beside the store's. */
function signAgain(directory: string): string {
  const names = readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name !== STATEMENT)
    .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1))
  const subject = names.map((name) => {
    const sha256 = createHash('sha256')
      .update(readFileSync(join(directory, name)))
      .digest('hex')
    return { name, digest: { sha256 } }
  })
  const type = 'application/vnd.in-toto+json'
  const predicateType = 'https://forgeone.dev/attestation/evidence/v1'
  const payload = Buffer.from(JSON.stringify({ predicateType, subject }))
  const message = Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} ${payload.toString()}`)
  const sig = Buffer.from(stranger.sign(message)).toString('base64')
  const envelope = { payloadType: type, payload: payload.toString('base64'), signatures: [{ sig }] }
  writeFileSync(join(directory, STATEMENT), JSON.stringify(envelope))
  const both = join(root, 'both.vkey')
  const { text } = verifierKey({ name: 'somebody', publicKey: stranger.publicKey })
  writeFileSync(both, `${readFileSync(vkey, 'utf8')}${text}\n`)
  return both
}

const manifest =
  (change: (of: Record<string, number>) => object) =>
  (text: string): string => {
    const before = JSON.parse(text) as Record<string, number>
    return JSON.stringify({ ...before, ...change(before) })
  }

const SIGNED_LIES: readonly Change[] = [
  [
    'an edited leaf',
    'leaves.ndjson',
    (text) => text.replace('"put":1', '"put":2'),
    'the leaves have another',
  ],
  ['a leaf less', 'leaves.ndjson', withoutLine, 'leaves are expected'],
  [
    'another left side',
    'proofs/peaks.json',
    (text) => text.replace(/\w/, 'z'),
    'the leaves have another root',
  ],
  ['no left side', 'proofs/peaks.json', () => '[]', 'the hashes left of the leaves are too few'],
  ['odd hashes', 'proofs/peaks.json', () => '["AAAA"]', 'the hashes left of the leaves are malformed'],
  ['another version', 'manifest.json', manifest(() => ({ version: 2 })), 'the manifest is none of version 1'],
  ['another origin', 'manifest.json', manifest(() => ({ origin: 'x' })), 'the checkpoint is of another tree'],
  [
    'a period that is not that of its leaves',
    'manifest.json',
    manifest(({ from }) => ({ from: from! + DAY_MS })),
    'does not fit the period',
  ],
  [
    'a shorter period than its leaves',
    'manifest.json',
    manifest(({ end }) => ({ end: end! - 1 })),
    'does not fit the period',
  ],
  [
    'an impossible range',
    'manifest.json',
    manifest(({ size }) => ({ end: size! + 1 })),
    'the range of the manifest is impossible',
  ],
]

test.each(SIGNED_LIES)('it refuses what is signed, yet not so in the log: %s', (...change) => {
  const copy = changed(change)
  const { status, output } = run(copy, signAgain(copy))
  expect(output).toContain('refused: ')
  expect(output).toContain(change[3])
  expect(status).toBe(1)
})

test('what is signed anew and true is accepted: the lies above are refused for what they say', () => {
  const copy = changed(['', 'evidence.html', oneMore, ''])
  expect(run(copy, signAgain(copy)).status).toBe(0)
})
