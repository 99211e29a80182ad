import { execFileSync } from 'node:child_process'
import { chmod, lstat, mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { connect, serve, socketPathFor, type ServeOptions } from '../src/index.ts'
import { IPC_KEY } from './ipc-key.ts'
import { served, socketPlace } from './served.ts'
import { Shop, SHOP } from './shop.ts'

const options = (path: string): ServeOptions => ({
  path,
  description: SHOP,
  authentication: { ipcKey: IPC_KEY },
  facesFor: () => new Shop(),
})

test('the socket is of its owner alone, whatever the umask, and goes with the server', async () => {
  const before = process.platform === 'win32' ? 0 : process.umask(0)
  const { path, server } = await served(new Shop(), SHOP)
  process.umask(before)
  expect((await lstat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(dirname(path))).toEqual(['forge.sock'])
  await server.close()
  expect(await readdir(dirname(path))).toEqual([])
})

test('a socket that a crash left is replaced', async () => {
  const path = await socketPlace()
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  expect(() => execFileSync(process.execPath, ['--eval', script], { stdio: 'ignore' })).toThrow()
  expect((await lstat(path)).isSocket()).toBe(true)
  const refused = connect({ path, credentials: { ipcKey: IPC_KEY } })
  await expect(refused).rejects.toMatchObject({ code: 'STORE_NOT_SHARED' })
  const server = await serve(options(path))
  await (await connect({ path, credentials: { ipcKey: IPC_KEY } })).close()
  await server.close()
})

test('an owner that was taken over from leaves the socket of the next one', async () => {
  const path = await socketPlace()
  const first = await serve(options(path))
  const second = await serve(options(path))
  await first.close()
  const connection = await connect({ path, credentials: { ipcKey: IPC_KEY } })
  expect(await connection.proxy<Shop>(SHOP).echo(1)).toBe(1)
  await connection.close()
  await second.close()
})

test('something else in its place is left alone', async () => {
  const path = await socketPlace()
  await writeFile(path, 'notes')
  await expect(serve(options(path))).rejects.toMatchObject({ code: 'STORE_NOT_A_STORE' })
})

test('no socket is made where others could come', async () => {
  const path = await socketPlace()
  await chmod(dirname(path), 0o755)
  await expect(serve(options(path))).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' })
})

test('nobody listens', async () => {
  const path = await socketPlace()
  for (const each of [path, join(path, 'deeper')]) {
    const refused = connect({ path: each, credentials: { ipcKey: IPC_KEY } })
    await expect(refused).rejects.toMatchObject({ code: 'STORE_NOT_SHARED' })
  }
})

test('paths that a socket cannot have are refused, not cut', async () => {
  for (const path of ['', `/tmp/${'x'.repeat(300)}`]) {
    const refused = connect({ path, credentials: { ipcKey: IPC_KEY } })
    await expect(refused).rejects.toMatchObject({ code: 'STORE_OPTION_INVALID' })
    await expect(serve(options(path))).rejects.toMatchObject({ code: 'STORE_OPTION_INVALID' })
  }
})

test('a store whose path is too long listens elsewhere, under a name of its own', async () => {
  const place = await socketPlace()
  const runtimeDirectory = dirname(place)
  const storeId = new Uint8Array(16).fill(3)
  const directory = `/data/${'x'.repeat(300)}`
  const path = socketPathFor({ directory, storeId, runtimeDirectory })
  expect(path).toMatch(/\/forge-[0-9a-f]{24}\/s$/)
  expect(socketPathFor({ directory, storeId, runtimeDirectory })).toBe(path)
  expect(socketPathFor({ directory: `${directory}2`, storeId, runtimeDirectory })).not.toBe(path)
  expect(socketPathFor({ directory: '/data', storeId, runtimeDirectory })).toBe('/data/forge.sock')
  expect(socketPathFor({ directory: '/data', storeId, platform: 'win32' })).toMatch(
    /^\\\\\.\\pipe\\forge-[0-9a-f]{24}$/,
  )
  const server = await serve(options(path))
  await (await connect({ path, credentials: { ipcKey: IPC_KEY } })).close()
  await server.close()
  // Somebody else was there first.
  await mkdir(join(runtimeDirectory, 'other'), { mode: 0o777 })
  await chmod(join(runtimeDirectory, 'other'), 0o777)
  await expect(serve(options(join(runtimeDirectory, 'other', 's')))).rejects.toMatchObject({
    code: 'STORE_UNWRITABLE',
  })
})
