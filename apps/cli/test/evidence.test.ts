import { readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Forge } from '@forgeone/storage-manager'
import { expect, test } from 'vitest'
import { runForgeHere as runForge } from './forge-here.ts'
import { temporaryFolder, type RunResult } from './run-forge.ts'

type Run = (words: readonly string[], env?: Record<string, string | undefined>) => Promise<RunResult>

/** A store that opens with a key file: no derivation to wait for. */
async function newStore(cwd: string): Promise<Run> {
  writeFileSync(join(cwd, 'key'), new Uint8Array(32).fill(5), { mode: 0o600 })
  expect((await runForge(['init', 'data', '--key-file', 'key'], { cwd })).code).toBe(0)
  return (words, env) => runForge([...words, '--data', 'data', '--key-file', 'key'], { cwd, env: env ?? {} })
}

/** Only an application seals for subjects. */
async function sealFor(cwd: string, subject: string): Promise<void> {
  await using forge = await Forge.open({
    path: join(cwd, 'data'),
    secret: { key: new Uint8Array(32).fill(5) },
  })
  await forge.subjects.seal(subject, 'a name')
}

test('rights are granted, checked, listed and revoked', async () => {
  await using folder = await temporaryFolder()
  const run = await newStore(folder.path)
  expect((await run(['access', 'grant', 'ann', '--role', 'reader'])).code).toBe(0)
  const deny = [
    'access',
    'grant',
    'ann',
    '--action',
    'data.read',
    '--resource',
    'events/pay/**',
    '--deny',
    '--json',
  ]
  const { id } = JSON.parse((await run(deny)).stdout)
  expect((await run(['access', 'check', 'ann', 'data.read', 'events/orders/eu'])).code).toBe(0)
  const denied = await run(['access', 'check', 'ann', 'data.read', 'events/pay/june'])
  expect([denied.code, denied.stdout]).toEqual([4, `denied by ${id}\n`])
  const { principals } = JSON.parse((await run(['access', 'list', '--json'])).stdout)
  expect(principals).toMatchObject([
    { principal: 'ann', roles: ['reader'], grants: [{ id, effect: 'deny' }] },
  ])
  expect((await run(['access', 'revoke', id])).code).toBe(0)
  expect((await run(['access', 'revoke', id])).code).toBe(3)
  const bad = await run(['access', 'grant', 'ann', '--action', 'vault.read', '--resource', '**'])
  expect([bad.code, bad.stderr.includes('by path')]).toEqual([2, true])
})

test('a right may have hours and days, and a role may not', async () => {
  await using folder = await temporaryFolder()
  const run = await newStore(folder.path)
  const right = ['access', 'grant', 'ann', '--action', 'data.read', '--resource', 'events/**', '--json']
  const grant = async (...more: string[]): Promise<unknown> =>
    JSON.parse((await run([...right, ...more])).stdout).hours
  expect([
    await grant('--hours', '22:00-06:00', '--days', 'fri-mon', '--utc-offset', '-05:30'),
    await grant('--days', 'wed,mon-tue'),
  ]).toEqual([
    { from: '22:00', to: '06:00', days: ['mon', 'fri', 'sat', 'sun'], offsetMinutes: -330 },
    { from: '00:00', to: '24:00', days: ['mon', 'tue', 'wed'] },
  ])
  const { stdout } = await run(['access', 'list'])
  expect(stdout).toContain('mon,fri,sat,sun 22:00-06:00 UTC-05:30')
  for (const bad of [
    [...right, '--hours', '8-18'],
    [...right, '--hours', '08:00-08:00'],
    [...right, '--days', 'mo'],
    [...right, '--days', 'mon-tue-wed'],
    [...right, '--utc-offset', '+01:00'],
    [...right, '--hours', '08:00-18:00', '--utc-offset', '1'],
    ['access', 'grant', 'ann', '--role', 'reader', '--until', '4h'],
    ['access', 'grant', 'ann', '--role', 'reader', '--days', 'mon'],
  ]) {
    expect([bad, (await run(bad)).code]).toEqual([bad, 2])
  }
  expect((await run(['access', 'check', 'ann', 'data.read', 'logs/x'])).code).toBe(4)
})

test('a token is shown once and its id revokes it', async () => {
  await using folder = await temporaryFolder()
  const run = await newStore(folder.path)
  const { token, id } = JSON.parse(
    (await run(['access', 'token', 'create', 'robot', '--ttl', '1h', '--json'])).stdout,
  )
  expect(token).toMatch(/^ft_[0-9a-f]{16}_[\w-]{43}$/)
  expect((await run(['access', 'list', '--json'])).stdout).not.toContain(token)
  expect((await run(['access', 'token', 'revoke', id])).code).toBe(0)
  expect((await run(['access', 'token', 'create', 'robot', '--ttl', 'soon'])).code).toBe(2)
})

test('evidence is written once, verified without the store, and refused when a byte of it changed', async () => {
  await using folder = await temporaryFolder()
  const run = await newStore(folder.path)
  await run(['verify'])
  const year = String(new Date().getUTCFullYear())
  const report = await run(['compliance', 'report', '--period', year, '--out', 'evidence'])
  expect(report.code).toBe(0)
  expect(report.stderr).toMatch(
    /there is evidence for \d+ of \d+ controls\. .* It does not say that a control, or a framework, is fulfilled\./,
  )
  expect((await run(['compliance', 'report', '--period', year, '--out', 'evidence'])).code).toBe(1)
  expect((await run(['compliance', 'report', '--period', '2026-02-30', '--out', 'other'])).code).toBe(2)
  const vkey = join(folder.path, 'evidence/vkey')
  writeFileSync(join(folder.path, 'kept.vkey'), readFileSync(vkey))
  const verify = (): Promise<RunResult> =>
    runForge(['compliance', 'verify', 'evidence', '--vkey', 'kept.vkey', '--json'], { cwd: folder.path })
  expect(JSON.parse((await verify()).stdout)).toMatchObject({ ok: true, trusted: true })
  const page = join(folder.path, 'evidence/evidence.html')
  const content = readFileSync(page, 'utf8')
  writeFileSync(page, content.replace('no evidence', 'evidence is there'))
  expect(JSON.parse((await verify()).stdout).problems).toEqual([
    { file: 'evidence.html', problem: 'it was changed' },
    { file: 'evidence.html', problem: 'it does not follow from the leaves' },
  ])
  writeFileSync(page, content)
  const leaves = join(folder.path, 'evidence/leaves.ndjson')
  writeFileSync(leaves, readFileSync(leaves, 'utf8').replace('store.verified', 'store.verifeid'))
  const tampered = await verify()
  expect([tampered.code, JSON.parse(tampered.stdout).ok]).toEqual([5, false])
})

test('an erasure needs a yes, gives a certificate, and is the same when asked for again', async () => {
  await using folder = await temporaryFolder()
  const run = await newStore(folder.path)
  const words = ['erase', '--subject', 'customer 4711', '--request', 'R-1']
  const nobody = await run([...words, '--yes', '--out', 'certificate'])
  expect([nobody.code, nobody.stdout]).toEqual([3, ''])
  expect(nobody.stderr).toContain('SUBJECT_UNKNOWN')
  await sealFor(folder.path, 'customer 4711')
  expect((await run(words)).code).toBe(2)
  expect((await run([...words, '--yes', '--out', 'certificate'])).code).toBe(0)
  const certificate = readFileSync(join(folder.path, 'certificate'), 'utf8')
  expect(certificate).not.toContain('4711')
  const { envelope } = JSON.parse((await run([...words, '--yes', '--json'])).stdout)
  expect(envelope).toEqual(JSON.parse(certificate))
})

test('a certificate is verified without the store, by a key from elsewhere', async () => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  const run = await newStore(cwd)
  await sealFor(cwd, 'ann')
  await run(['erase', '--subject', 'ann', '--request', 'R-1', '--out', 'certificate', '--yes'])
  await run(['audit', 'checkpoint', '--vkey', 'vkey'])
  const verify = (...more: string[]): Promise<RunResult> =>
    runForge(['compliance', 'verify', 'certificate', ...more], { cwd })
  const good = await verify('--vkey', 'vkey')
  expect([good.code, /request R-1\ncommit \d+ of /.test(good.stdout)]).toEqual([0, true])
  expect((await verify()).code).toBe(2)
  const envelope = JSON.parse(readFileSync(join(cwd, 'certificate'), 'utf8')) as { payload: string }
  const payload = Buffer.from(envelope.payload, 'base64').toString().replace('R-1', 'R-2')
  const changed = { ...envelope, payload: Buffer.from(payload).toString('base64') }
  writeFileSync(join(cwd, 'certificate'), JSON.stringify(changed))
  const bad = await verify('--vkey', 'vkey', '--json')
  expect([bad.code, JSON.parse(bad.stdout).ok]).toEqual([5, false])
})

test('a directory put back to an earlier state is read with an alarm, and goes on once it is accepted', async () => {
  await using folder = await temporaryFolder()
  const run = await newStore(folder.path)
  const anchored = { FORGE_ANCHOR: join(folder.path, 'anchor') }
  expect((await run(['settings', 'set', 'a', '1'], anchored)).code).toBe(0)
  // The next commits are what a rollback would take away.
  const note = readFileSync(join(folder.path, 'anchor'), 'utf8')
  const size = Number(note.split('\n')[1])
  writeFileSync(join(folder.path, 'anchor'), note.replace(`\n${size}\n`, `\n${size + 50}\n`))
  const read = await run(['settings', 'get', 'a'], anchored)
  expect([read.code, read.stdout, read.stderr.includes('AUDIT_ROLLBACK')]).toEqual([5, '1\n', true])
  const refused = await run(['settings', 'set', 'a', '2'], anchored)
  expect([refused.code, refused.stderr.includes('AUDIT_ROLLBACK')]).toEqual([5, true])
  expect((await run(['audit', 'accept-rollback'], anchored)).code).toBe(2)
  const accepted = await run(['audit', 'accept-rollback', '--reason', 'a test', '--json'], anchored)
  expect([accepted.code, JSON.parse(accepted.stdout).ended]).toEqual([0, [note.split('\n')[0]]])
  expect((await run(['settings', 'set', 'a', '2'], anchored)).code).toBe(0)
  expect((await run(['audit', 'verify', '--anchor', anchored.FORGE_ANCHOR], anchored)).code).toBe(0)
  const restored = await run(['keys', 'accept-restored', '--reason', 'none is needed'], anchored)
  expect(restored.code).toBe(0)
  const inside = await run(['stats'], { FORGE_ANCHOR: join(folder.path, 'data', 'anchor') })
  expect(inside.stderr).toContain('AUDIT_ANCHOR_FAILED')
  const doctor = await run(['doctor'])
  expect([doctor.code, doctor.stdout.includes('no anchor is set')]).toEqual([0, true])
  expect((await run(['doctor'], anchored)).code).toBe(0)
  const early = new Date(Date.now() - 2 * 3_600_000)
  utimesSync(anchored.FORGE_ANCHOR, early, early)
  const behind = await run(['doctor'], anchored)
  expect([behind.code, behind.stdout.includes('AUDIT_ANCHOR_FAILED')]).toEqual([1, true])
  const keyring = join(folder.path, 'data', 'keyring')
  const aged = readFileSync(keyring, 'utf8').replaceAll(/"created":\d+/g, '"created":1000000000000')
  writeFileSync(keyring, aged)
  expect((await run(['doctor'])).stdout).toMatch(
    /warn {2}key age +\d+ keys are due, the oldest is \d{4} days old/,
  )
})
