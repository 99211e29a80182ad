import { once } from 'node:events'
import { copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import { runForgeHere as runForge } from './forge-here.ts'
import { createStore, finish, startForge, temporaryFolder, type RunResult } from './run-forge.ts'

const DATA = ['--data', 'data']

/** Runs a command that must succeed. */
async function ok(words: readonly string[], cwd: string): Promise<RunResult> {
  const result = await runForge(words, { cwd })
  expect([words.join(' '), result.code, result.stderr]).toMatchObject([words.join(' '), 0, expect.anything()])
  return result
}

async function codeAndError(
  words: readonly string[],
  cwd: string,
): Promise<{ code: number | null; error: string }> {
  const { code, stdout, stderr } = await runForge(words, { cwd })
  return { code, error: /\[([A-Z_]+)\]/.exec(stdout + stderr)?.[1] ?? '' }
}

it('a store lists, shows, proves and exports, and others verify without it', async () => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  await createStore(cwd)
  const appended = await ok(['events', 'append', 'orders', '{"amount":5}', '--json', ...DATA], cwd)
  const { id } = JSON.parse(appended.stdout) as { id: string }
  const list = await ok(['audit', 'list', '--action', 'events.*', '--json', ...DATA], cwd)
  const { index } = JSON.parse(list.stdout) as { index: number }
  expect((await ok(['audit', 'list', '--format', 'csv', ...DATA], cwd)).stdout).toMatch(/^index,time,actor/)
  expect(list.stderr).toBe('')
  expect(await ok(['audit', 'list', '--actor', 'nobody', ...DATA], cwd)).toMatchObject({
    stdout: '',
    stderr: expect.stringMatching(/^no entries in commits 0 to \d+; the newest checkpoint covers \d+\n$/),
  })
  const paged = await ok(['audit', 'list', '--limit', '1', '--format', 'jsonl', ...DATA], cwd)
  expect(paged.stdout.split('\n')).toHaveLength(2)
  expect(paged.stderr).toMatch(/^1 entry in commits 0 to 0; .*; go on with --cursor 1\n$/)
  expect((await ok(['audit', 'show', String(index), ...DATA], cwd)).stdout).toContain('events.append')
  const shown = await ok(['audit', 'show', '0', '--json', ...DATA], cwd)
  expect(JSON.parse(shown.stdout)).toMatchObject({ act: 'store.created', seq: 0 })
  await ok(['audit', 'checkpoint', '--vkey', 'vkey', '-o', 'note', ...DATA], cwd)
  expect((await readFile(join(cwd, 'note'), 'utf8')).split('\n')).toHaveLength(6)
  await ok(['audit', 'prove', String(index), '--out', 'receipt', ...DATA], cwd)
  await ok(['audit', 'prove', '--entry', id, '--out', 'entry', ...DATA], cwd)
  await ok(['audit', 'prove', String(index), '--bare', '--out', 'bare.tlog-proof', ...DATA], cwd)
  await ok(['audit', 'export', '--out', 'export', ...DATA], cwd)
  expect((await ok(['audit', 'verify', ...DATA], cwd)).stdout).toContain('ok')
  // From here on there is no store.
  await rm(join(cwd, 'data'), { recursive: true })
  const receipt = await ok(['audit', 'verify', '--receipt', 'receipt', '--vkey', 'vkey', '--json'], cwd)
  expect(JSON.parse(receipt.stdout)).toMatchObject({ ok: true, index, leaf: { action: 'events.append' } })
  const entry = JSON.parse(await readFile(join(cwd, 'entry'), 'utf8')) as { entry: { hash: string } }
  expect(Buffer.from(entry.entry.hash, 'base64')).toHaveLength(32)
  await ok(['audit', 'verify', '--receipt', 'entry', '--vkey', 'vkey'], cwd)
  const changed = { ...entry, entry: { ...entry.entry, content: Buffer.from('another').toString('base64') } }
  await writeFile(join(cwd, 'entry-changed'), JSON.stringify(changed))
  const refused = await codeAndError(['audit', 'verify', '--receipt', 'entry-changed', '--vkey', 'vkey'], cwd)
  expect(refused).toEqual({ code: 5, error: 'ENTRY_MISMATCH' })
  const log = await ok(
    ['audit', 'verify', '--log', 'export', '--vkey', 'export/vkey', '--anchor', 'note', '--json'],
    cwd,
  )
  expect(JSON.parse(log.stdout)).toMatchObject({ ok: true })
  const { leaf } = JSON.parse(await readFile(join(cwd, 'receipt'), 'utf8')) as { leaf: string }
  await writeFile(join(cwd, 'leaf'), leaf)
  await ok(['audit', 'verify', '--receipt', 'bare.tlog-proof', '--leaf', 'leaf', '--vkey', 'vkey'], cwd)
  await verifyTampered(cwd)
})

function receiptWith(file: string, ...words: readonly string[]): readonly string[] {
  return ['audit', 'verify', '--receipt', file, ...words]
}

async function verifyTampered(cwd: string): Promise<void> {
  const receipt = await readFile(join(cwd, 'receipt'), 'utf8')
  const key = await readFile(join(cwd, 'vkey'), 'utf8')
  const files: Readonly<Record<string, string>> = {
    edited: receipt.replace('events.append', 'events.appenD'),
    cut: receipt.slice(0, 100),
    'not-a-key': 'hello\n',
    'no-quorum': `log ${key}`,
    quorum: `witness W w+0ec5bb1e+BA==\nquorum W\n`,
    empty: '',
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, name), text)
  await cp(join(cwd, 'export'), join(cwd, 'missing'), { recursive: true })
  await rm(join(cwd, 'missing/tile/0'), { recursive: true })
  const cases: readonly CodeCase[] = [
    [receiptWith('edited', '--vkey', 'vkey'), 5, 'PROOF_ROOT'],
    [receiptWith('cut', '--vkey', 'vkey'), 2, 'PROOF_FORMAT'],
    [receiptWith('receipt', '--vkey', 'not-a-key'), 2, 'POLICY_FORMAT'],
    [receiptWith('receipt', '--vkey', 'empty'), 2, 'POLICY_FORMAT'],
    [receiptWith('receipt', '--policy', 'no-quorum'), 2, 'POLICY_FORMAT'],
    [receiptWith('receipt', '--vkey', 'vkey', '--policy', 'quorum'), 2, 'POLICY_FORMAT'],
    [receiptWith('receipt', '--vkey', 'vkey', '--origin', 'other'), 5, 'NOTE_UNTRUSTED'],
    [receiptWith('receipt'), 2, 'USAGE'],
    [receiptWith('nowhere', '--vkey', 'vkey'), 3, 'INPUT_NOT_FOUND'],
    [receiptWith('bare.tlog-proof', '--vkey', 'vkey'), 2, 'USAGE'],
    [receiptWith('receipt', '--log', 'export', '--vkey', 'vkey'), 2, 'USAGE'],
    [['audit', 'verify', '--log', 'nowhere', '--vkey', 'vkey'], 3, 'INPUT_NOT_FOUND'],
    [['audit', 'verify', '--log', 'missing', '--vkey', 'vkey'], 5, 'AUDIT_DIVERGED'],
    [['audit', 'verify', '--log', 'export', '--vkey', 'vkey', '--anchor', 'nowhere'], 3, 'INPUT_NOT_FOUND'],
    [['audit', 'verify', '--log', 'export', '--vkey', 'vkey', '--anchor', 'empty'], 2, 'NOTE_FORMAT'],
  ]
  await expectCodes(cases, cwd)
}

type CodeCase = readonly [words: readonly string[], code: number, error: string]

/** Side by side, as most of the time goes into starting. */
async function expectCodes(cases: readonly CodeCase[], cwd: string): Promise<void> {
  const answers = await Promise.all(
    cases.map(async ([words]) => [words.join(' '), await codeAndError(words, cwd)] as const),
  )
  expect(answers).toEqual(cases.map(([words, code, error]) => [words.join(' '), { code, error }]))
}

/** Without a passphrase to harden: these tests start many processes. */
async function createPlainStore(cwd: string): Promise<void> {
  await ok(['init', 'data', '--encryption', 'none'], cwd)
}

it('what is asked of a store that it cannot give has a code', async () => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  await createPlainStore(cwd)
  await expectCodes(
    [
      [['audit', 'show', 'x', ...DATA], 2, 'USAGE'],
      [['audit', 'prove', ...DATA], 2, 'USAGE'],
      [['audit', 'list', '--format', 'xml', ...DATA], 2, 'USAGE'],
      [['audit', 'list', '--limit', '0', ...DATA], 2, 'USAGE'],
      [['audit', 'list', '--from', 'whenever', ...DATA], 2, 'STREAM_TIME_INVALID'],
      [['audit', 'export', ...DATA], 2, 'USAGE'],
      [['audit', 'anchor', ...DATA], 2, 'USAGE'],
      [['audit', 'anchor', '--file', 'data/anchor', ...DATA], 1, 'AUDIT_ANCHOR_FAILED'],
      [['audit', 'anchor', '--witness', 'ftp://x', ...DATA], 2, 'USAGE'],
      [['audit', 'anchor', '--witness', 'http://127.0.0.1:1', ...DATA], 2, 'USAGE'],
      [['audit', 'witness', '--state', 'state'], 2, 'USAGE'],
    ],
    cwd,
  )
  // These open the store, which has one user at a time.
  for (const words of [
    ['show', '999'],
    ['prove', '999'],
  ])
    expect(await codeAndError(['audit', ...words, ...DATA], cwd)).toEqual({
      code: 3,
      error: 'AUDIT_INDEX_UNKNOWN',
    })
  expect(await codeAndError(['audit', 'anchor', ...DATA, '--', '/nowhere/at/all'], cwd)).toEqual({
    code: 1,
    error: 'AUDIT_ANCHOR_FAILED',
  })
})

it('an anchor file shows that the whole directory was rolled back', async () => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  await createPlainStore(cwd)
  await mkdir(join(cwd, 'elsewhere'))
  const anchored = ['audit', 'anchor', '--file', 'elsewhere/anchor', ...DATA]
  await ok(anchored, cwd)
  await cp(join(cwd, 'data'), join(cwd, 'older'), { recursive: true })
  await ok(['events', 'append', 'orders', '1', ...DATA], cwd)
  await ok(anchored, cwd)
  const verify = ['audit', 'verify', '--anchor', 'elsewhere/anchor', '--data']
  expect(await codeAndError([...verify, 'data'], cwd)).toEqual({ code: 0, error: '' })
  expect(await codeAndError([...verify, 'older'], cwd)).toEqual({ code: 5, error: 'AUDIT_ROLLBACK' })
  // It goes on from there, past the size that was anchored.
  for (const amount of [2, 3])
    await ok(['events', 'append', 'orders', String(amount), '--data', 'older'], cwd)
  expect(await codeAndError([...verify, 'older'], cwd)).toEqual({ code: 5, error: 'AUDIT_FORK' })
  expect(
    await codeAndError(['audit', 'anchor', '--file', 'elsewhere/anchor', '--data', 'older'], cwd),
  ).toEqual({
    code: 5,
    error: 'AUDIT_FORK',
  })
})

it('a witness cosigns, and a policy asks for it', async () => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  await createPlainStore(cwd)
  await ok(['audit', 'checkpoint', '--vkey', 'vkey', ...DATA], cwd)
  await writeFile(join(cwd, 'logs.policy'), `log ${await readFile(join(cwd, 'vkey'), 'utf8')}quorum none\n`)
  const words = ['audit', 'witness', '--policy', 'logs.policy', '--state', 'state', '--name', 'w.example/w1']
  const child = startForge([...words, '--listen', '127.0.0.1:0', '--json'], { cwd })
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string]
  const { listening, vkey } = JSON.parse(line) as { listening: string; vkey: string }
  await writeFile(join(cwd, 'witness.vkey'), `${vkey}\n`)
  await ok(['audit', 'anchor', '--witness', `http://${listening}`, '--vkey', 'witness.vkey', ...DATA], cwd)
  await ok(['audit', 'prove', '0', '--out', 'receipt', ...DATA], cwd)
  await writeFile(join(cwd, 'ask'), `witness W ${vkey} http://${listening}\nquorum W\n`)
  expect((await ok(['audit', 'anchor', '--policy', 'ask', ...DATA], cwd)).stdout).toMatch(/^1 witnesses/)
  child.kill('SIGTERM')
  await finish(child)
  await writeFile(join(cwd, 'policy'), `witness W ${vkey}\nquorum W\n`)
  const verify = ['audit', 'verify', '--receipt', 'receipt', '--vkey', 'vkey', '--policy', 'policy']
  expect((await ok(verify, cwd)).stdout).toContain('witness W at ')
  await copyFile(join(cwd, 'receipt'), join(cwd, 'uncosigned'))
  const receipt = JSON.parse(await readFile(join(cwd, 'receipt'), 'utf8')) as { proof: string }
  receipt.proof = receipt.proof.replace(/\u2014 w\.example.*\n/, '')
  await writeFile(join(cwd, 'uncosigned'), JSON.stringify(receipt))
  expect(await codeAndError([...verify.slice(0, 3), 'uncosigned', ...verify.slice(4)], cwd)).toEqual({
    code: 5,
    error: 'QUORUM_MISSED',
  })
})

it('a new key signs beside the old one, and whoever trusts either is content', async () => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  await createStore(cwd)
  await ok(['audit', 'checkpoint', '--vkey', 'old.vkey', ...DATA], cwd)
  const unwritable = ['audit', 'rotate-key', '--vkey', 'nowhere/both.vkey', ...DATA]
  expect(await codeAndError(unwritable, cwd)).toEqual({ code: 1, error: 'IO_FAILED' })
  const { stdout } = await ok(['audit', 'rotate-key', '--vkey', 'both.vkey', ...DATA], cwd)
  await writeFile(join(cwd, 'new.vkey'), stdout)
  const old = await readFile(join(cwd, 'old.vkey'), 'utf8')
  expect(await readFile(join(cwd, 'both.vkey'), 'utf8')).toBe(`${old}${stdout}`)
  const list = await ok(['audit', 'list', '--action', 'audit.key-changed', '--json', ...DATA], cwd)
  const { index, leaf } = JSON.parse(list.stdout) as { index: number; leaf: object }
  expect(leaf).toMatchObject({ ctx: { from: old.trim(), to: stdout.trim() } })
  await ok(['audit', 'prove', String(index), '--out', 'receipt', ...DATA], cwd)
  for (const vkey of ['old.vkey', 'new.vkey'])
    await ok(['audit', 'verify', '--receipt', 'receipt', '--vkey', vkey], cwd)
})
