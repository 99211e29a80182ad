import { existsSync } from 'node:fs'
import {
  copyFile,
  constants,
  link,
  mkdir,
  open,
  rename,
  rm,
  stat,
  unlink,
  writeFile,
  type FileHandle,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ForgeError } from '@forgeone/common'
import { isNotFound, syncDirectory } from '../files/node-store-files.ts'
import { STORE_FILE_NAME } from '../format/store-file.ts'
import {
  liveLogs,
  readDatabaseDirectory,
  type DatabaseDirectory,
} from '../leveldb-files/database-directory.ts'
import { readLogRecords } from '../leveldb-files/log-records.ts'
import { tableName } from '../leveldb-files/table-file.ts'
import type { LocalStore } from '../store/local-store.ts'

/** A longer live log is flushed first, outside the gate, so that little is copied. */
const LIVE_LOG_BYTES_MAX = 1024 * 1024
/** A compaction may commit while its MANIFEST is being read; more rounds than this mean something else. */
const ROUNDS_MAX = 20

export interface CheckpointResult {
  /** The image shows every database as it was after this commit. */
  readonly sequence: number
  /** How long commits waited, in milliseconds. */
  readonly pauseMs: number
  readonly linkedFiles: number
  readonly copiedBytes: number
}

interface PinnedFile {
  readonly name: string
  readonly handle: FileHandle
  readonly bytes: number
}

interface DatabaseImage {
  readonly name: string
  readonly source: string
  readonly target: string
  readonly linked: Set<string>
  directory: DatabaseDirectory | undefined
  pinned: readonly PinnedFile[]
}

/**
 * Makes an image of all databases at one commit, under full write load: tables are hard-linked, MANIFEST and logs
 * copied up to the length they had. Writers wait only while names are linked. Keys are not part of the image.
 *
 * @param target directory that must not exist; it appears whole or not at all
 * @throws CHECKPOINT_FAILED
 */
export async function takeCheckpoint(store: LocalStore, target: string): Promise<CheckpointResult> {
  const { path } = store.parts.options
  if (path === undefined) throw new ForgeError('CHECKPOINT_FAILED', 'a store in memory has no files to link')
  if (store.offlineDatabases.length > 0) throw new ForgeError('CHECKPOINT_FAILED', 'a database is offline')
  if (existsSync(target)) throw new ForgeError('CHECKPOINT_FAILED', `${target} is there already`)
  const partial = `${target}.partial`
  await mkdir(dirname(target), { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new ForgeError('CHECKPOINT_FAILED', `${dirname(target)} cannot be created`, { cause })
  })
  await mkdir(partial, { mode: 0o700 }).catch((cause: unknown) => {
    throw new ForgeError(
      'CHECKPOINT_FAILED',
      `${partial} cannot be created; remove it if an image was interrupted`,
      { cause },
    )
  })
  const images: DatabaseImage[] = []
  try {
    for (const name of store.parts.online.keys()) {
      const image = {
        name,
        source: join(path, name),
        target: join(partial, name),
        linked: new Set<string>(),
        directory: undefined,
        pinned: [],
      }
      await mkdir(image.target, { mode: 0o700 })
      await shortenLog(store, image)
      await linkTables(image)
      images.push(image)
    }
    const { sequence, pauseMs } = await pin(store, images)
    const copiedBytes = await copyPinned(images)
    await copyFile(join(path, STORE_FILE_NAME), join(partial, STORE_FILE_NAME), constants.COPYFILE_EXCL)
    await syncFile(join(partial, STORE_FILE_NAME))
    await syncDirectory(partial)
    await rename(partial, target)
    await syncDirectory(dirname(target))
    const linkedFiles = images.reduce((sum, image) => sum + image.linked.size, 0)
    return { sequence, pauseMs, linkedFiles, copiedBytes }
  } catch (cause) {
    await rm(partial, { recursive: true, force: true })
    throw cause instanceof ForgeError
      ? cause
      : new ForgeError('CHECKPOINT_FAILED', 'the image could not be taken', { cause })
  } finally {
    for (const { pinned } of images) for (const file of pinned) await file.handle.close()
  }
}

async function shortenLog(store: LocalStore, image: DatabaseImage): Promise<void> {
  const { manifest } = await directoryOf(image)
  let bytes = 0
  for (const log of await liveLogs(image.source, manifest))
    bytes += (await stat(join(image.source, log)).catch(() => ({ size: 0 }))).size
  if (bytes > LIVE_LOG_BYTES_MAX)
    await store.parts.backend.flush(image.name, store.parts.online.get(image.name)!.level)
}

async function directoryOf(image: DatabaseImage): Promise<DatabaseDirectory> {
  const directory = await readDatabaseDirectory(image.source)
  if ('problem' in directory) {
    throw new ForgeError('CHECKPOINT_FAILED', `${image.name}/${directory.file}: ${directory.problem}`)
  }
  return directory
}

/** Links what the MANIFEST lists now. @returns false when a table vanished: a compaction committed in between */
async function linkTables(image: DatabaseImage): Promise<boolean> {
  image.directory = await directoryOf(image)
  for (const { number } of image.directory.manifest.tables) {
    const file = tableName(number)
    if (image.linked.has(file)) continue
    try {
      await linkOrCopy(join(image.source, file), join(image.target, file))
      image.linked.add(file)
    } catch (error) {
      if (isNotFound(error)) return false
      throw error
    }
  }
  return true
}

/** A file system without hard links, or with too many of them, gets a reflink or a copy. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'EMLINK') throw error
    await copyFile(from, to, constants.COPYFILE_FICLONE)
    await syncFile(to)
  }
}

/** With the gate closed: link the rest and keep descriptors of what grows, with the lengths of this moment. */
async function pin(
  store: LocalStore,
  images: readonly DatabaseImage[],
): Promise<{ sequence: number; pauseMs: number }> {
  const startedMs = performance.now()
  const sequence = await store.exclusively(async (place) => {
    for (const image of images) await pinDatabase(image)
    return place.sequence
  })
  return { sequence, pauseMs: performance.now() - startedMs }
}

async function pinDatabase(image: DatabaseImage): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const linked = await linkTables(image)
    const { manifestName, manifest } = image.directory!
    if (linked) {
      const pinned = await openAll(image, [manifestName, ...(await liveLogs(image.source, manifest))])
      const now = pinned === undefined ? undefined : await directoryOf(image)
      // Still the same MANIFEST at the same length: what was linked and opened belongs together.
      if (
        pinned !== undefined &&
        now?.manifestName === manifestName &&
        now.manifest.endOffset === manifest.endOffset
      ) {
        image.pinned = pinned.map((file) =>
          file.name === manifestName ? { ...file, bytes: manifest.endOffset } : file,
        )
        return
      }
      for (const file of pinned ?? []) await file.handle.close()
    }
  }
  throw new ForgeError('CHECKPOINT_FAILED', `${image.name} changed in each of ${ROUNDS_MAX} rounds`)
}

async function openAll(image: DatabaseImage, names: readonly string[]): Promise<PinnedFile[] | undefined> {
  const pinned: PinnedFile[] = []
  try {
    for (const name of names) {
      const handle = await open(join(image.source, name), 'r')
      pinned.push({ name, handle, bytes: (await handle.stat()).size })
    }
    return pinned
  } catch (error) {
    for (const file of pinned) await file.handle.close()
    if (isNotFound(error)) return undefined
    throw error
  }
}

async function copyPinned(images: readonly DatabaseImage[]): Promise<number> {
  let copied = 0
  for (const image of images) {
    const { manifestName, manifest } = image.directory!
    for (const { name, handle, bytes } of image.pinned) {
      const content = new Uint8Array(bytes)
      const { bytesRead } = await handle.read(content, 0, bytes, 0)
      if (bytesRead !== bytes || readLogRecords(content).brokenOffset !== undefined) {
        throw new ForgeError('CHECKPOINT_FAILED', `${image.name}/${name} is damaged`)
      }
      await writeFile(join(image.target, name), content, { mode: 0o600, flush: true })
      copied += bytes
    }
    const live = new Set(manifest.tables.map(({ number }) => tableName(number)))
    // A later table of the same number would otherwise truncate the shared inode.
    for (const file of image.linked) if (!live.has(file)) await unlink(join(image.target, file))
    await writeFile(join(image.target, 'CURRENT.tmp'), `${manifestName}\n`, { mode: 0o600, flush: true })
    await rename(join(image.target, 'CURRENT.tmp'), join(image.target, 'CURRENT'))
    await syncDirectory(image.target)
  }
  return copied
}

async function syncFile(path: string): Promise<void> {
  await using file = await open(path, 'r+')
  await file.sync()
}
