/** What needs a mount or another user; skipped with a word where that is not allowed. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmod, link, mkdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SeededRandom } from '@forgeone/common'
import { describe, expect, it } from 'vitest'
import { createStore, finish, MAIN, runForge, SECRET, temporaryFolder } from './run-forge.ts'

const isRoot = process.getuid?.() === 0
const canMount =
  isRoot && spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0
if (!canMount) console.log('notice: a full disk is not tried, because mounting a tmpfs needs root')

/** The nobody of every system. */
const NOBODY = 65_534

/** Another user must be able to start the program at all: a checkout below a closed directory keeps it out. */
const canBeNobody =
  isRoot &&
  spawnSync(process.execPath, ['--conditions=@forgeone/source', MAIN, '--version'], {
    cwd: '/',
    env: {},
    uid: NOBODY,
    gid: NOBODY,
  }).status === 0
if (!canBeNobody)
  console.log(
    'notice: unwritable directories are not tried as another user: that needs root and a reachable checkout',
  )

it.skipIf(!canBeNobody)('a directory that this user may not write or read is STORE_UNWRITABLE', async () => {
  await using folder = await temporaryFolder()
  await createStore(folder.path)
  await mkdir(join(folder.path, 'closed'))
  await chmod(folder.path, 0o755)
  for (const words of [
    ['init', join(folder.path, 'closed')],
    ['stats', '--data', join(folder.path, 'data')],
  ]) {
    const child = spawn(process.execPath, ['--conditions=@forgeone/source', MAIN, ...words], {
      cwd: '/',
      env: { FORGE_SECRET: SECRET },
      stdio: 'pipe',
      uid: NOBODY,
      gid: NOBODY,
    })
    const { code, stderr } = await finish(child)
    expect(stderr).toContain('STORE_UNWRITABLE')
    expect(code).toBe(1)
  }
})

/** Runs the program as nobody, or as root. */
async function runAs(
  uid: number,
  words: readonly string[],
  store: string,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, ['--conditions=@forgeone/source', MAIN, ...words, '--data', store], {
    cwd: '/',
    env: { FORGE_SECRET: SECRET },
    stdio: 'pipe',
    uid,
    gid: uid,
  })
  return await finish(child)
}

describe.skipIf(!canBeNobody)('a store of another user', () => {
  it('stays that of its owner whatever root does in it', async () => {
    await using folder = await temporaryFolder()
    await chmod(folder.path, 0o777)
    const store = join(folder.path, 'data')
    const strangers = (): string =>
      execFileSync('find', [store, '!', '-uid', String(NOBODY)], { encoding: 'utf8' })
    expect((await runAs(NOBODY, ['init'], store)).code).toBe(0)
    for (const words of [
      ['settings', 'list'],
      ['settings', 'set', 'a', '1'],
      ['vault', 'generate', 'db/password'],
      ['keys', 'rotate'],
      ['cache', 'stats'],
      ['logs', 'compact'],
      ['verify'],
    ]) {
      const { code, stderr } = await runAs(0, words, store)
      expect([words, code, stderr]).toEqual([words, 0, expect.any(String)])
      expect(strangers(), words.join(' ')).toBe('')
    }
    expect((await runAs(NOBODY, ['settings', 'get', 'a'], store)).stdout).toContain('1')
  })

  it('is named with file and owner where a file cannot be used, and mended by the next command of root', async () => {
    await using folder = await temporaryFolder()
    await chmod(folder.path, 0o777)
    const store = join(folder.path, 'data')
    expect((await runAs(NOBODY, ['init'], store)).code).toBe(0)
    for (const name of ['FORGE', 'keyring', 'journal', 'system']) {
      // As a command of root left it that was killed before it could give it away.
      execFileSync('sh', ['-c', `chown -R 0 ${store}/${name}*`])
      const refused = await runAs(NOBODY, ['settings', 'list'], store)
      expect([name, refused.code], refused.stdout).toEqual([name, 1])
      expect(refused.stderr).toContain('[STORE_UNWRITABLE]')
      expect(refused.stderr).toMatch(
        new RegExp(`${store}/${name}.* belongs to user 0, may not be used by user ${NOBODY} \\(EACCES\\)`),
      )
      expect((await runAs(0, ['settings', 'list'], store)).code).toBe(0)
      expect((await runAs(NOBODY, ['settings', 'list'], store)).code).toBe(0)
    }
  })

  it('gives away nothing but what root made there', async () => {
    await using folder = await temporaryFolder()
    await chmod(folder.path, 0o777)
    const store = join(folder.path, 'data')
    expect((await runAs(NOBODY, ['init'], store)).code).toBe(0)
    const file = join(folder.path, 'of-root')
    await writeFile(file, 'secret')
    const owner = async (): Promise<number> => (await stat(file)).uid
    await link(file, join(store, 'lock.second-name'))
    await symlink(file, join(store, 'system', 'a-link'))
    await runAs(0, ['settings', 'list'], store)
    expect(await owner()).toBe(0)
  })
})

describe.skipIf(!canMount)('a disk that is full', () => {
  it('stops an import with a code, and loses nothing when there is room again', async () => {
    await using folder = await temporaryFolder()
    const disk = join(folder.path, 'disk')
    await mkdir(disk)
    const random = new SeededRandom(3)
    const word = (): string => random.below(2 ** 31).toString(36)
    const text = Array.from(
      { length: 400_000 },
      (_, n) => `2026-01-01T00:00:00Z INFO ${n} ${word()}${word()}${word()}${word()}\n`,
    ).join('')
    await writeFile(join(folder.path, 'app.log'), text)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk])
    try {
      const data = ['--data', join(disk, 'data')]
      expect((await runForge(['init', ...data], { cwd: folder.path })).code).toBe(0)
      const full = await runForge(['logs', 'import', 'app.log', ...data], { cwd: folder.path })
      expect(full.stderr).toContain('[STORAGE_FULL]')
      expect(full.code).toBe(1)
      // What is there can be read, and is whole.
      for (const words of [['verify'], ['logs', 'search', 'INFO', '--limit', '1'], ['topics']]) {
        const read = await runForge([...words, ...data], { cwd: folder.path })
        expect(read.code, read.stderr + read.stdout).toBe(0)
      }
      // What others took is told, and damages nothing.
      execFileSync('sh', ['-c', `dd if=/dev/zero of=${join(disk, 'others')} bs=1k 2>/dev/null || true`])
      const refused = await runForge(['topics', ...data], { cwd: folder.path })
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('[STORAGE_FULL]')])
      await rm(join(disk, 'others'))
      execFileSync('mount', ['-o', 'remount,size=100m', disk])
      expect((await runForge(['logs', 'import', 'app.log', ...data], { cwd: folder.path })).code).toBe(0)
      const exported = await runForge(['logs', 'export', 'app', '--raw', ...data], { cwd: folder.path })
      expect(exported.stdout === text).toBe(true)
      expect((await runForge(['verify', ...data], { cwd: folder.path })).code).toBe(0)
    } finally {
      execFileSync('umount', [disk])
    }
  })
})

it.skipIf(!canMount)(
  'a store on a mount without writing is read, verified and examined with --read-only',
  async () => {
    await using folder = await temporaryFolder()
    const disk = join(folder.path, 'disk')
    await mkdir(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=60m', 'tmpfs', disk])
    try {
      const data = ['--data', join(disk, 'data')]
      const run = (words: readonly string[]): ReturnType<typeof runForge> =>
        runForge([...words, ...data], { cwd: folder.path })
      expect((await run(['init'])).code).toBe(0)
      expect((await run(['settings', 'set', 'a', '1'])).code).toBe(0)
      execFileSync('mount', ['-o', 'remount,ro', disk])
      const refused = await run(['settings', 'list'])
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringMatching(/STORE_UNWRITABLE.*--read-only/s),
      ])
      for (const words of [
        ['settings', 'list'],
        ['logs', 'search', '*'],
        ['stats'],
        ['verify'],
        ['audit', 'list'],
        ['audit', 'verify'],
      ]) {
        const { code, stderr } = await run([...words, '--read-only'])
        expect([words, code, stderr]).toEqual([words, 0, expect.any(String)])
      }
      const written = await run(['settings', 'set', 'a', '2', '--read-only'])
      expect([written.code, written.stderr]).toEqual([1, expect.stringContaining('STORE_READ_ONLY')])
      const doctor = await run(['doctor'])
      expect(doctor.stdout + doctor.stderr).not.toContain('INTERNAL')
    } finally {
      execFileSync('umount', [disk])
    }
  },
)
