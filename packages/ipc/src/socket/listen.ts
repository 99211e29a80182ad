import { chmod, lstat, mkdir, rename, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { ForgeError, systemCode, toHex, type Random } from '@forgeone/common'
import { checkSocketPath } from './socket-path.ts'

const OWNER_ONLY = 0o600
const DIRECTORY_OWNER_ONLY = 0o700
const OTHERS = 0o077

/** A socket that is listened at. */
export interface Listener {
  /** Takes no further connections, and takes the socket away; settles when all connections have ended. */
  close(): Promise<void>
}

/**
 * Listens at a path that the caller alone may listen at: it holds the lock of the store, so a socket that is there is of a process
 * that is gone.
 * @throws STORE_UNWRITABLE, STORE_NOT_A_STORE when something else is there, IO_FAILED
 */
export async function listenAt(
  path: string,
  o: { readonly random: Random; readonly onSocket: (socket: Socket) => void },
): Promise<Listener> {
  checkSocketPath(path)
  const server = createServer({ noDelay: true }, o.onSocket)
  if (isPipe(path)) {
    await bind(server, path)
    return { close: async () => await end(server) }
  }
  await prepare(path)
  // It comes to its place whole: with its permissions. And whoever closes a server takes away what it was bound to, which is not
  // to be the socket of the next owner.
  const bound = join(dirname(path), `.s${toHex(o.random.bytes(3))}`)
  checkSocketPath(bound)
  await bind(server, bound)
  try {
    await chmod(bound, OWNER_ONLY)
    await rename(bound, path)
  } catch (cause) {
    server.close()
    throw failure(cause, path)
  }
  const { ino } = await lstat(path)
  return {
    close: async () => {
      const found = await lstat(path).catch(() => undefined)
      if (found?.ino === ino) await rm(path, { force: true })
      await end(server)
    },
  }
}

async function bind(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(failure(cause, path)))
    server.listen({ path }, resolve)
  })
  // An owner with nothing else to do may end.
  server.unref()
}

function end(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

function isPipe(path: string): boolean {
  return path.startsWith('\\\\.\\pipe\\')
}

async function prepare(path: string): Promise<void> {
  const directory = dirname(path)
  try {
    await mkdir(directory, { mode: DIRECTORY_OWNER_ONLY, recursive: true })
    const { mode, uid } = await lstat(directory)
    const isOwn = process.getuid === undefined || uid === process.getuid()
    if (!isOwn || (mode & OTHERS) !== 0)
      throw new ForgeError('STORE_UNWRITABLE', `${directory} must be of this user alone (chmod 700)`)
    const found = await lstat(path).catch((cause: unknown) => {
      if (systemCode(cause) === 'ENOENT') return undefined
      throw cause
    })
    if (found === undefined) return
    if (!found.isSocket()) throw new ForgeError('STORE_NOT_A_STORE', `${path} is there, and is no socket`)
    await rm(path)
  } catch (cause) {
    throw cause instanceof ForgeError ? cause : failure(cause, path)
  }
}

function failure(cause: unknown, path: string): ForgeError {
  const isRefused = ['EACCES', 'EPERM', 'EROFS'].includes(systemCode(cause) ?? '')
  return new ForgeError(isRefused ? 'STORE_UNWRITABLE' : 'IO_FAILED', `no socket can be made at ${path}`, {
    cause,
  })
}
