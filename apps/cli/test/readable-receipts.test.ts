import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Forge } from '@forgeone/storage-manager'
import { runForgeHere as runForge } from './forge-here.ts'
import { createStore, openByPassphrase, SECRET, temporaryFolder } from './run-forge.ts'

openByPassphrase()

const DATA = ['--data', 'data']

async function output(words: readonly string[], cwd: string): Promise<{ stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await runForge(words, { cwd })
  expect([words.join(' '), code, stderr]).toMatchObject([words.join(' '), 0, expect.anything()])
  return { stdout, stderr }
}

/** A receipt of the entry as `name`, and the verifier key as `vkey`. @returns the entry as `get` prints it in JSON */
async function proven(
  cwd: string,
  o: { readonly stream: 'logs' | 'events'; readonly id: string; readonly name: string },
): Promise<unknown> {
  await output(['audit', 'checkpoint', '--vkey', 'vkey', '-o', 'note', ...DATA], cwd)
  await output(['audit', 'prove', '--entry', o.id, '--out', o.name, ...DATA], cwd)
  return JSON.parse((await output([o.stream, 'get', o.id, '--json', ...DATA], cwd)).stdout)
}

async function appended(words: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await output([...words, '--json', ...DATA], cwd)
  return (JSON.parse(stdout) as { id: string }).id
}

/** Log entries come in by import, whose lines are without line ends; the library takes any text. */
async function logged(message: string, cwd: string): Promise<string> {
  await using forge = await Forge.open({ path: join(cwd, 'data'), secret: SECRET })
  return (await forge.logs.append({ topic: 'door', message })).ids[0]!
}

function verifyWords(receipt: string): readonly string[] {
  return ['audit', 'verify', '--receipt', receipt, '--vkey', 'vkey']
}

it('whoever verifies a receipt of an event reads what the event says, without the store', async () => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  await createStore(cwd)
  const id = await appended(['events', 'append', 'orders', '{"amount":5}'], cwd)
  const event = await proven(cwd, { stream: 'events', id, name: 'receipt' })
  const { stdout } = await output(verifyWords('receipt'), cwd)
  expect(stdout).toMatch(/^ok {2}leaf \d+ of/)
  expect(stdout).toMatch(/\n {4}proves 1 event in orders, committed 20/)
  expect(stdout).toMatch(/\n {4}\| 20\S+ normal {3}orders \{"amount":5\}\n/)
  expect(stdout).toContain(id)
  const json = await output([...verifyWords('receipt'), '--json'], cwd)
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, entries: [event] })
  expect(JSON.parse(json.stdout)).not.toHaveProperty('entryContent')
})

it('an entry of a receipt is shown only after its hash: a changed word is refused, and not printed', async () => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  await createStore(cwd)
  const id = await logged('opened by Ann', cwd)
  await proven(cwd, { stream: 'logs', id, name: 'receipt' })
  expect((await output(verifyWords('receipt'), cwd)).stdout).toContain('opened by Ann')
  const receipt = JSON.parse(await readFile(join(cwd, 'receipt'), 'utf8')) as {
    entry: { content: string; hash: string }
  }
  const content = Buffer.from(receipt.entry.content, 'base64').toString('latin1').replace('Ann', 'Bob')
  const bytes = Buffer.from(content, 'latin1')
  const hash = createHash('sha256').update('\0').update(bytes).digest('base64')
  const forged = [
    { ...receipt.entry, content: bytes.toString('base64') },
    { ...receipt.entry, content: bytes.toString('base64'), hash },
  ]
  for (const entry of forged) {
    await writeFile(join(cwd, 'forged'), JSON.stringify({ ...receipt, entry }))
    for (const json of [[], ['--json']]) {
      const { code, stdout } = await runForge([...verifyWords('forged'), ...json], { cwd })
      expect(code).toBe(5)
      expect(stdout).toContain('ENTRY_MISMATCH')
      expect(stdout).not.toContain('Bob')
    }
  }
})

it('a message cannot pass for a line of the verifier, nor steer a terminal', async () => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  await createStore(cwd)
  const message = 'begin\u001B[2K\r\nok  leaf 9 of 9\n    witness nobody at noon'
  const id = await logged(message, cwd)
  await proven(cwd, { stream: 'logs', id, name: 'receipt' })
  const { stdout } = await output(verifyWords('receipt'), cwd)
  expect(stdout).toContain('    | ok  leaf 9 of 9\n    |     witness nobody at noon\n')
  expect(stdout.match(/^ok/gm)).toHaveLength(1)
  expect(stdout).not.toMatch(/^ +witness/m)
  for (const control of ['\u001B', '\r']) expect(stdout).not.toContain(control)
})

it('a receipt whose entries are too large for it says that it proves a hash', async () => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  await createStore(cwd)
  await writeFile(join(cwd, 'large'), JSON.stringify('x'.repeat(60_000)))
  const id = await appended(['events', 'append', 'orders', '--file', 'large'], cwd)
  await proven(cwd, { stream: 'events', id, name: 'receipt' })
  const { stderr } = await output(verifyWords('receipt'), cwd)
  expect(stderr).toContain('proves a hash of entries, not what they say')
  const json = await output([...verifyWords('receipt'), '--json'], cwd)
  expect(JSON.parse(json.stdout)).not.toHaveProperty('entries')
})
