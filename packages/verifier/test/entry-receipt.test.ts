import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatReceipt, type Receipt } from '@forgeone/audit'
import { Forge } from '@forgeone/storage-manager'
import { afterAll, beforeAll, expect, test } from 'vitest'

const SCRIPT = fileURLToPath(new URL('../src/verify.mjs', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'forge-entry-'))
const vkey = join(root, 'log.vkey')
const file = join(root, 'entry.receipt')
let receipt: Receipt

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

beforeAll(async () => {
  const forge = await Forge.open({
    path: join(root, 'data'),
    secret: { key: new Uint8Array(32) },
    shardCount: 1,
  })
  const { ids } = await forge.events.append({ topic: 'orders', payload: { id: 7 } })
  await forge.audit.checkpoint()
  const { commitSequence, runHash, index, size, path, content } = await forge.events.prove(ids[0]!)
  receipt = await forge.audit.receipt(commitSequence, {
    entry: { hash: base64(runHash), index, size, path: path.map(base64), content: base64(content) },
  })
  writeFileSync(vkey, forge.audit.verifierKeys[0]!.text)
  await forge.close()
})

afterAll(() => rmSync(root, { recursive: true }))

function verify(given: Receipt): string {
  writeFileSync(file, formatReceipt(given))
  const words = [SCRIPT, 'receipt', file, '--vkey', vkey]
  return spawnSync(process.execPath, words, { encoding: 'utf8' }).stdout
}

test('it says that entries are in their commit, and whether their content is there', () => {
  expect(verify(receipt)).toMatch(
    /^ok .*\n\{.*\}\nthe entries in the receipt are in it, with their content\n$/,
  )
  const { content: _, ...bare } = receipt.entry!
  expect(verify({ ...receipt, entry: bare })).toMatch(
    /\na hash of entries of it is in the receipt, and not what they say\n$/,
  )
})

test('it refuses entries of another content, hash or place', () => {
  const entry = receipt.entry!
  const other = Buffer.alloc(32).toString('base64')
  const { content: _, ...bare } = entry
  const cases = [
    [{ ...entry, content: other }, 'the content of the entry has another hash'],
    [{ ...bare, hash: other }, 'the entry does not lead to the root of its commit'],
    [{ ...entry, index: 1, size: 2 }, 'the proof lacks hashes'],
    [{ ...entry, index: 1 }, 'the place of the entry is malformed'],
    [{ ...entry, path: [other] }, 'the proof has surplus hashes'],
  ] as const
  for (const [changed, said] of cases)
    expect(verify({ ...receipt, entry: changed })).toBe(`refused: ${said}\n`)
})
