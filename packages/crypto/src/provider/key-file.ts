import { ForgeError, systemCode, utf8Decode } from '@forgeone/common'
import { constants } from 'node:fs'
import { lstat, open, realpath, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { KEY_BYTES } from '../hash/hkdf.ts'
import { fromBase64 } from '../kdf/strict-base64.ts'
import type { KeyProvider } from './key-provider.ts'
import { keySource } from './raw-key.ts'

/** Base64 of 32 bytes and a line end; anything longer is another file. */
const FILE_BYTES_MAX = 64
const GROUP_OR_WORLD = 0o077

/**
 * A file with 32 random bytes or their base64, readable by its owner only and outside the store.
 * It is read at each use; nothing is kept in memory.
 */
export function keyFileProvider(file: string, { storePath }: { storePath: string }): KeyProvider {
  return keySource('key-file', () => readKeyFile(file, storePath))
}

async function readKeyFile(file: string, storePath: string): Promise<Uint8Array> {
  try {
    await checkPlace(file, storePath)
    // O_NOFOLLOW closes the gap between the check and this line; every later check is on the open file. O_NONBLOCK:
    // opening a pipe would wait for its writer.
    const handle = await open(
      file,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    )
    try {
      return await readChecked(handle, file)
    } finally {
      await handle.close()
    }
  } catch (cause) {
    if (cause instanceof ForgeError) throw cause
    throw new ForgeError('KEY_PROVIDER_FAILED', `the key file ${file} cannot be read`, {
      cause,
      ...(systemCode(cause) === 'ENOENT' && {
        hint: `Make one with \`forge keys generate-file ${file}\`, which never overwrites, or put the right one there.`,
      }),
    })
  }
}

async function checkPlace(file: string, storePath: string): Promise<void> {
  if ((await lstat(file)).isSymbolicLink()) throw unsafe(file, 'is a symbolic link')
  const folder = await realpath(path.dirname(file))
  // A store that is being created may not exist yet.
  const store = await realpath(storePath).catch(() => path.resolve(storePath))
  const inside = path.relative(store, folder)
  const outside = inside === '..' || inside.startsWith(`..${path.sep}`) || path.isAbsolute(inside)
  if (!outside) throw unsafe(file, 'lies inside the store it opens')
}

async function readChecked(handle: FileHandle, file: string): Promise<Uint8Array> {
  const facts = await handle.stat()
  if (!facts.isFile()) throw unsafe(file, 'is not a regular file')
  // Windows has no such bits; Node reports all of them set there.
  if (process.platform !== 'win32' && (facts.mode & GROUP_OR_WORLD) !== 0) {
    throw unsafe(file, 'can be used by others than its owner')
  }
  const content = new Uint8Array(FILE_BYTES_MAX + 1)
  try {
    const { bytesRead } = await handle.read(content, 0, content.length, 0)
    const key = parseKey(content.subarray(0, bytesRead))
    if (key !== undefined) return key
  } finally {
    content.fill(0)
  }
  throw new ForgeError('KEY_SECRET_WEAK', `the key file ${file} holds neither 32 bytes nor their base64`)
}

function parseKey(content: Uint8Array): Uint8Array | undefined {
  if (content.length === KEY_BYTES) return Uint8Array.from(content)
  const key = fromBase64(utf8Decode(content).replace(/\r?\n$/, ''))
  return key?.length === KEY_BYTES ? key : undefined
}

function unsafe(file: string, reason: string): ForgeError {
  return new ForgeError('KEY_FILE_UNSAFE', `the key file ${file} ${reason}`)
}
