import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { runForgeHere as runForge } from './forge-here.ts'
import { finish, MAIN, temporaryFolder, type RunResult } from './run-forge.ts'

const GOLDEN = join(import.meta.dirname, '../../../packages/images/test/golden')
const STORE = ['--data', 'data', '--key-file', 'key']
const LONG_AGO_SECONDS = 1_600_000_000
/** The nobody of every system. */
const NOBODY = 65_534
const AS_NOBODY = { uid: NOBODY, gid: NOBODY, cwd: '/' }

type Run = (...words: readonly string[]) => Promise<RunResult>

/** A store that opens with a key file: no derivation to wait for. */
async function newStore(cwd: string): Promise<Run> {
  writeFileSync(join(cwd, 'key'), new Uint8Array(32).fill(5), { mode: 0o600 })
  expect((await runForge(['init', ...STORE.slice(1)], { cwd })).code).toBe(0)
  return (...words) => runForge([...words, ...STORE], { cwd })
}

/** Old enough for its times to prove that nothing has touched it since. */
function writeImage(path: string, name: string, seconds = LONG_AGO_SECONDS): void {
  writeFileSync(path, gunzipSync(readFileSync(join(GOLDEN, `${name}.gz`))))
  utimesSync(path, seconds, seconds)
}

test('an image is read once, listed from the cache, and read anew once it has changed or was forgotten', async () => {
  await using folder = await temporaryFolder()
  const forge = await newStore(folder.path)
  const image = join(folder.path, 'disk.img')
  writeImage(image, 'mbr.img')
  const first = await forge('image', 'scan', 'disk.img')
  expect([first.code, first.stderr]).toEqual([0, 'disk.img: 8.0 MiB, MBR\n'])
  expect(first.stdout).toMatch(/zone +offset +length[^]+1048576 +360\.0 KiB +0x83 Linux +FAT12 +GOLDEN/)
  const second = await forge('image', 'scan', 'disk.img')
  expect([second.stderr, second.stdout]).toEqual(['disk.img: 8.0 MiB, MBR, cached\n', first.stdout])
  const listed = await forge('image', 'ls', 'disk.img', '/', '--zone', '1')
  expect(listed.stdout).toMatch(/765 +2020-09-13T12:26:40\.000Z +a long name\.txt/)
  writeImage(image, 'gpt.img', LONG_AGO_SECONDS + 1)
  const changed = await forge('image', 'scan', 'disk.img', '--json')
  expect(JSON.parse(changed.stdout)).toMatchObject({ tableType: 'GPT', isCached: false })
  const digests = await forge('image', 'info', 'disk.img', '--json')
  const md5 = execFileSync('md5sum', [image], { encoding: 'utf8' }).slice(0, 32)
  expect(JSON.parse(digests.stdout)).toMatchObject({ md5, isCached: false })
  const forgotten = await forge('image', 'invalidate', 'disk.img', '--json')
  expect(JSON.parse(forgotten.stdout).removed).toBeGreaterThan(1)
  const again = await forge('image', 'scan', 'disk.img', '--json')
  expect(JSON.parse(again.stdout).isCached).toBe(false)
})

test('what is no image says so with a code of its own', async () => {
  await using folder = await temporaryFolder()
  const forge = await newStore(folder.path)
  mkdirSync(join(folder.path, 'folder'))
  writeImage(join(folder.path, 'closed.img'), 'mbr.img')
  chmodSync(join(folder.path, 'closed.img'), 0)
  const outcomes = [
    await forge('image', 'scan', 'absent.img'),
    await forge('image', 'ls', 'folder'),
    await runClosed(folder.path, forge),
    await forge('image', 'ls', 'folder', '--zone', 'x'),
  ].map(({ code, stderr }) => [code, /\[([A-Z_]+)\]/.exec(stderr)?.[1]])
  expect(outcomes).toEqual([
    [3, 'INPUT_NOT_FOUND'],
    [1, 'IMAGE_UNREADABLE'],
    [1, 'IMAGE_UNREADABLE'],
    [2, 'USAGE'],
  ])
})

/** Root may read everything: then the command runs as another user, who owns the store but not the image. */
async function runClosed(path: string, forge: Run): Promise<RunResult> {
  if (process.getuid?.() !== 0) return await forge('image', 'info', 'closed.img')
  const start = ['--conditions=@forgeone/source', MAIN]
  if (spawnSync(process.execPath, [...start, '--version'], { ...AS_NOBODY, env: {} }).status !== 0) {
    console.log('notice: unreadable images are not tried as another user: that needs a reachable checkout')
    return { code: 1, stderr: '[IMAGE_UNREADABLE]', stdout: '', bytes: new Uint8Array(0) }
  }
  chmodSync(path, 0o755)
  execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, join(path, 'data'), join(path, 'key')])
  const store = ['--data', join(path, 'data'), '--key-file', join(path, 'key')]
  const words = [...start, 'image', 'info', join(path, 'closed.img'), ...store]
  return await finish(spawn(process.execPath, words, { ...AS_NOBODY, env: {}, stdio: 'pipe' }))
}
