import { constants, copyFile, link, mkdir, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { ForgeError, systemCode } from '@forgeone/common'
import { syncDirectory } from '@forgeone/common/files'
import { isNotFound } from '../files/node-store-files.ts'
import { readDatabaseDirectory, type DatabaseDirectory } from '../leveldb-files/database-directory.ts'
import { tableName } from '../leveldb-files/table-file.ts'

/** A compaction may replace tables while they are linked; more rounds than this mean something else. */
const ROUNDS_MAX = 20
const ROUND_WAIT_MS = 10

export interface ImagedDatabase {
  readonly linkedFiles: number
  /** Where no link could be made. */
  readonly copiedFiles: number
  readonly copiedBytes: number
}

/**
 * Makes an image of one database beside its writer: its tables by hard links, and the whole records of its MANIFEST. Its logs
 * are left out: what they hold is in the journal. `LOCK` is never opened, since closing it would drop LevelDB's own lock.
 * @throws CHECKPOINT_FAILED
 */
export async function imageDatabase(source: string, target: string): Promise<ImagedDatabase> {
  await mkdir(target, { mode: 0o700 })
  const linked = new Map<string, number>()
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const directory = await readDatabaseDirectory(source)
    // LevelDB replaces CURRENT and MANIFEST one after the other.
    if (!('problem' in directory) && (await linkTables({ source, target, directory, linked })))
      return await finish({ source, target, directory, linked })
    await setTimeout(ROUND_WAIT_MS)
  }
  throw new ForgeError('CHECKPOINT_FAILED', `${source} changed in each of ${ROUNDS_MAX} rounds`)
}

interface Imaging {
  readonly source: string
  readonly target: string
  readonly directory: DatabaseDirectory
  /** Tables that are in the image, with the bytes that had to be copied. */
  readonly linked: Map<string, number>
}

/** Links what the MANIFEST lists now. @returns false when a table vanished: a compaction committed in between */
async function linkTables({ source, target, directory, linked }: Imaging): Promise<boolean> {
  for (const { number } of directory.manifest.tables) {
    const file = tableName(number)
    if (linked.has(file)) continue
    try {
      linked.set(file, await linkOrCopy(join(source, file), join(target, file)))
    } catch (error) {
      if (isNotFound(error)) return false
      throw error
    }
  }
  return true
}

async function finish({ source, target, directory, linked }: Imaging): Promise<ImagedDatabase> {
  const { manifestName, manifest } = directory
  await copyPrefix(join(source, manifestName), join(target, manifestName), manifest.endOffset)
  const live = new Set(manifest.tables.map(({ number }) => tableName(number)))
  // A later table of the same number would otherwise truncate the shared inode.
  for (const file of linked.keys()) if (!live.has(file)) await unlink(join(target, file))
  await writeWhole(join(target, 'CURRENT'), Buffer.from(`${manifestName}\n`))
  await syncDirectory(target)
  const copies = [...live].map((file) => linked.get(file) ?? 0).filter((bytes) => bytes > 0)
  const copiedBytes = copies.reduce((sum, bytes) => sum + bytes, manifest.endOffset)
  return { linkedFiles: live.size - copies.length, copiedFiles: copies.length, copiedBytes }
}

/**
 * Another file system, one without hard links, and one with too many of them get a reflink or a copy.
 * @returns bytes that were copied, 0 for a link
 */
async function linkOrCopy(from: string, to: string): Promise<number> {
  try {
    await link(from, to)
    return 0
  } catch (error) {
    const code = systemCode(error)
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'EMLINK') throw error
    await copyFile(from, to, constants.COPYFILE_FICLONE)
    await using file = await open(to, 'r+')
    await file.sync()
    return (await file.stat()).size
  }
}

const COPY_BYTES = 1024 * 1024

/** Copies the first bytes of a file that may be growing, durably. @throws CHECKPOINT_FAILED when it has fewer */
export async function copyPrefix(from: string, to: string, bytes: number): Promise<void> {
  await using source = await open(from, 'r')
  await using target = await open(to, 'wx', 0o600)
  const buffer = new Uint8Array(Math.min(COPY_BYTES, bytes))
  for (let at = 0; at < bytes;) {
    const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, bytes - at), at)
    if (bytesRead === 0) throw new ForgeError('CHECKPOINT_FAILED', `${from} became shorter meanwhile`)
    await target.writeFile(buffer.subarray(0, bytesRead))
    at += bytesRead
  }
  await target.sync()
}

export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'wx', 0o600)
  await file.writeFile(bytes)
  await file.sync()
}
