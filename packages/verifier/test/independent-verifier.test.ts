import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatReceipt, verifierKey, type AuditLog } from '@forgeone/audit'
import { ed25519Signer } from '@forgeone/crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exportLog } from './exported-log.ts'

const SCRIPT = fileURLToPath(new URL('../src/verify.mjs', import.meta.url))
const SIZE = 66_000
const root = mkdtempSync(join(tmpdir(), 'forge-independent-'))
const log = join(root, 'log')
const vkey = join(log, 'vkey')
const receiptFile = join(root, 'receipt')
let audit: AuditLog

beforeAll(async () => {
  audit = await exportLog({ directory: log, size: SIZE })
  writeFileSync(receiptFile, formatReceipt(await audit.receipt(54_321)))
})

afterAll(() => rmSync(root, { recursive: true }))

function run(...words: readonly string[]): { status: number | null; output: string } {
  const { status, stdout } = spawnSync(process.execPath, [SCRIPT, ...words], { encoding: 'utf8' })
  return { status, output: stdout }
}

test('it imports node:crypto and node:fs, and nothing of ours', () => {
  const imports = [...readFileSync(SCRIPT, 'utf8').matchAll(/from '([^']+)'/g)].map(([, name]) => name)
  expect(imports).toEqual(['node:crypto', 'node:fs'])
  expect(readFileSync(SCRIPT, 'utf8')).not.toContain('import(')
})

test('it accepts our export, receipts of all kinds, and says what of', () => {
  expect(run('log', log, '--vkey', vkey)).toMatchObject({ status: 0 })
  expect(run('receipt', receiptFile, '--vkey', vkey).output).toContain('leaf 54321 of 66000')
  const { leaf, proof } = JSON.parse(readFileSync(receiptFile, 'utf8')) as { leaf: string; proof: string }
  writeFileSync(join(root, 'bare.tlog-proof'), proof)
  writeFileSync(join(root, 'leaf'), leaf)
  expect(
    run('receipt', join(root, 'bare.tlog-proof'), '--leaf', join(root, 'leaf'), '--vkey', vkey),
  ).toMatchObject({
    status: 0,
  })
})

const BUNDLE = 'tile/entries/007'

function swapFirstTwo(bytes: Buffer): Buffer {
  const first = 2 + bytes.readUInt16BE(0)
  const second = 2 + bytes.readUInt16BE(first)
  return Buffer.concat([
    bytes.subarray(first, first + second),
    bytes.subarray(0, first),
    bytes.subarray(first + second),
  ])
}

function withoutFirst(bytes: Buffer): Buffer {
  return bytes.subarray(2 + bytes.readUInt16BE(0))
}

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 1
  return bytes
}

const LOG_CASES: readonly (readonly [string, string, (bytes: Buffer) => Buffer | undefined])[] = [
  ['an edited leaf', BUNDLE, (bytes) => flip(bytes, 40)],
  ['a deleted leaf', BUNDLE, withoutFirst],
  ['reordered leaves', BUNDLE, swapFirstTwo],
  ['a cut bundle', BUNDLE, (bytes) => bytes.subarray(0, -1)],
  ['a missing bundle', BUNDLE, () => undefined],
  ['a log that is cut off', 'tile/entries/257.p/208', () => undefined],
  ['an edited tile', 'tile/0/007', (bytes) => flip(bytes, 8000)],
  ['an edited partial tile', 'tile/0/257.p/208', (bytes) => flip(bytes, 0)],
  ['an edited upper tile', 'tile/1/000', (bytes) => flip(bytes, 8000)],
  ['an edited top tile', 'tile/2/000.p/1', (bytes) => flip(bytes, 31)],
  ['another size', 'checkpoint', (bytes) => Buffer.from(bytes.toString().replace('\n66000\n', '\n65999\n'))],
  ['a wrong signature', 'checkpoint', (bytes) => flip(bytes, bytes.length - 20)],
]

test.each(LOG_CASES)('it refuses a log with %s', (_what, path, change) => {
  const copy = join(root, 'tampered')
  rmSync(copy, { recursive: true, force: true })
  cpSync(log, copy, { recursive: true })
  const file = join(copy, ...path.split('/'))
  expect(existsSync(file)).toBe(true)
  const bytes = change(readFileSync(file))
  if (bytes === undefined) rmSync(file)
  else writeFileSync(file, bytes)
  const answer = run('log', copy, '--vkey', vkey)
  expect(answer.status).toBe(1)
  expect(answer.output).toMatch(/^refused: /)
})

test('it refuses receipts that were tampered with', () => {
  const text = readFileSync(receiptFile, 'utf8')
  const receipt = JSON.parse(text) as { leaf: string; proof: string }
  const hash = receipt.proof.split('\n')[2]!
  const cases: readonly (readonly [string, object | string])[] = [
    ['leaf', { ...receipt, leaf: receipt.leaf.replace('"put":0', '"put":1') }],
    ['index', { ...receipt, proof: receipt.proof.replace('index 54321', 'index 54320') }],
    ['index outside', { ...receipt, proof: receipt.proof.replace('index 54321', 'index 66000') }],
    ['hash', { ...receipt, proof: receipt.proof.replace(hash, Buffer.alloc(32).toString('base64')) }],
    ['missing hash', { ...receipt, proof: receipt.proof.replace(`${hash}\n`, '') }],
    ['surplus hash', { ...receipt, proof: receipt.proof.replace(hash, `${hash}\n${hash}`) }],
    ['size', { ...receipt, proof: receipt.proof.replace('\n66000\n', '\n66001\n') }],
    ['signature', { ...receipt, proof: receipt.proof.replace(/.{6}\n$/, 'AAAA==\n') }],
    ['no JSON', '{'],
    ['nothing', ''],
  ]
  for (const [what, changed] of cases) {
    const file = join(root, 'changed')
    writeFileSync(file, typeof changed === 'string' ? changed : JSON.stringify(changed))
    expect([what, run('receipt', file, '--vkey', vkey).status]).toEqual([what, 1])
  }
})

test('it checks the way of an entry to its commit', () => {
  const content = Buffer.from('content')
  const hash = createHash('sha256').update(Uint8Array.of(0)).update(content).digest('base64')
  const entry = { hash, index: 0, size: 1, path: [], content: content.toString('base64') }
  const { leaf, proof } = JSON.parse(readFileSync(receiptFile, 'utf8')) as { leaf: string; proof: string }
  const file = join(root, 'entry')
  // The leaf of this receipt names no entries, so none can be shown to be among them.
  writeFileSync(file, JSON.stringify({ leaf, proof, entry }))
  expect(run('receipt', file, '--vkey', vkey)).toMatchObject({
    status: 1,
    output: expect.stringContaining('has no entries'),
  })
})

test('it refuses a foreign key, and a key with the id of another', () => {
  const foreign = verifierKey({
    name: audit.origin,
    publicKey: ed25519Signer(new Uint8Array(32).fill(2)).publicKey,
  })
  const file = join(root, 'foreign')
  for (const text of [foreign.text, foreign.text.replace(/\+.{8}\+/, '+00000000+'), 'x', '']) {
    writeFileSync(file, text)
    expect(run('receipt', receiptFile, '--vkey', file).status).toBe(1)
    expect(run('log', log, '--vkey', file).status).toBe(1)
  }
})

test('what it prints steers no terminal', () => {
  const { leaf, proof } = JSON.parse(readFileSync(receiptFile, 'utf8')) as { leaf: string; proof: string }
  const file = join(root, 'steering')
  writeFileSync(file, `{${String.fromCharCode(27)}[2J ${String.fromCharCode(0x202e)}`)
  expect(run('receipt', file, '--vkey', vkey).output).toMatch(/^refused: [ -~]*\n$/)
  writeFileSync(file, JSON.stringify({ leaf, proof }))
  expect(run('receipt', file, '--vkey', vkey).output).toMatch(/^ok [ -~]*\n[ -~]*\n$/)
})

test('keys may end their lines as other systems do', () => {
  const file = join(root, 'vkey-crlf')
  writeFileSync(file, `${readFileSync(vkey, 'utf8').trim()}\r\n`)
  expect(run('receipt', receiptFile, '--vkey', file).status).toBe(0)
})

test('it says how it is called', () => {
  expect(run().status).toBe(2)
  expect(run('toString', log, '--vkey', vkey).status).toBe(2)
  expect(run('log', log).status).toBe(2)
})
