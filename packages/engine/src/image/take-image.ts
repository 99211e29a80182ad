import { existsSync } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ForgeError, toHex } from '@forgeone/common'
import { FLUSH_POINT_NAME, FLUSH_POINT_SEGMENT } from '../commit/flush-controller.ts'
import { makeDirectoryDurably } from '@forgeone/common/files'
import { syncDirectory } from '@forgeone/common/files'
import { decodeFlushPoint } from '../format/flush-point.ts'
import { segmentName } from '../format/segment-header.ts'
import { storeFileBytes } from '../recovery/read-store-file.ts'
import { STORE_FILE_NAME } from '../format/store-file.ts'
import { journalSealer } from '../journal/journal-reader.ts'
import type { JournalPosition } from '../journal/journal-writer.ts'
import type { LocalStore } from '../store/local-store.ts'
import { copyPrefix, imageDatabase, writeWhole } from './image-database.ts'
import { encodeImageFile, IMAGE_FILE_NAME, type ImageFacts } from '../files/image-file.ts'

export interface ImageResult extends ImageFacts {
  /** They share their disk space with the store. */
  readonly linkedFiles: number
  /** Tables that could not be linked, as on another file system. */
  readonly copiedFiles: number
  readonly copiedBytes: number
}

/**
 * Makes an image of a store beside full load, as a crash would leave it: the tables of its databases, and the journal from the
 * last flush point to one position. Opening it is the recovery of any crash, so no writer waits, and every database shows the
 * commits up to that position. Keys are not part of it: `keyring` and `keys` are kept apart.
 *
 * @param o.target directory that must not exist; it appears whole or not at all
 * @param o.id 32 hexadecimal digits, different for every image
 * @throws CHECKPOINT_FAILED
 */
export async function takeImage(
  store: LocalStore,
  { target, id }: { readonly target: string; readonly id: string },
): Promise<ImageResult> {
  const { path } = store.parts.options
  if (path === undefined) throw new ForgeError('CHECKPOINT_FAILED', 'a store in memory has no files to link')
  if (store.offlineDatabases.length > 0) throw new ForgeError('CHECKPOINT_FAILED', 'a database is offline')
  if (existsSync(target)) throw new ForgeError('CHECKPOINT_FAILED', `${target} is there already`)
  const partial = `${target}.partial`
  await making(makeDirectoryDurably(dirname(target)), dirname(target))
  await making(mkdir(partial, { mode: 0o700 }), partial)
  // In force before the flush point, which would let go what the image needs.
  const hold = store.holdJournal(store.sequence)
  try {
    const result = await fill({ store, path, partial, id })
    await syncDirectory(partial)
    await rename(partial, target)
    await syncDirectory(dirname(target))
    return result
  } catch (cause) {
    await rm(partial, { recursive: true, force: true })
    throw cause instanceof ForgeError
      ? cause
      : new ForgeError('CHECKPOINT_FAILED', 'the image could not be taken', { cause })
  } finally {
    hold.release()
  }
}

async function making(made: Promise<unknown>, path: string): Promise<void> {
  await made.catch((cause: unknown) => {
    throw new ForgeError('CHECKPOINT_FAILED', `${path} cannot be created`, {
      cause,
      hint: 'Name a place that can be written; remove what an interrupted image left there.',
    })
  })
}

async function fill(o: {
  readonly store: LocalStore
  readonly path: string
  readonly partial: string
  readonly id: string
}): Promise<ImageResult> {
  const { store, path, partial, id } = o
  await store.flush()
  await making(mkdir(join(partial, 'journal'), { mode: 0o700 }), partial)
  const flushPoint = await present(store.parts.files.read(FLUSH_POINT_NAME), FLUSH_POINT_NAME)
  await writeWhole(join(partial, FLUSH_POINT_NAME), flushPoint)
  let linkedFiles = 0
  let copiedFiles = 0
  let copiedBytes = flushPoint.length
  for (const name of store.parts.online.keys()) {
    const imaged = await imageDatabase(join(path, name), join(partial, name))
    linkedFiles += imaged.linkedFiles
    copiedFiles += imaged.copiedFiles
    copiedBytes += imaged.copiedBytes
  }
  // Whatever lies in tables by now was durable in the journal before.
  const position = await store.journalEnd()
  copiedBytes += await copyJournal({ store, path, partial, position, flushPoint })
  const { storeId, generation } = store.parts.file
  const facts: ImageFacts = {
    id,
    storeId: toHex(storeId),
    generation,
    sequence: position.sequence,
    time: store.lastTime,
  }
  await writeWhole(
    join(partial, STORE_FILE_NAME),
    await present(storeFileBytes(store.parts.files), STORE_FILE_NAME),
  )
  await writeWhole(join(partial, IMAGE_FILE_NAME), encodeImageFile(facts))
  await syncDirectory(join(partial, 'journal'))
  return { ...facts, linkedFiles, copiedFiles, copiedBytes }
}

async function present(read: Promise<Uint8Array | undefined>, name: string): Promise<Uint8Array> {
  const bytes = await read
  if (bytes === undefined) throw new ForgeError('CHECKPOINT_FAILED', `${name} is missing from the store`)
  return bytes
}

/** Copied, not linked: opening an image may cut the end of its journal. */
async function copyJournal(o: {
  readonly store: LocalStore
  readonly path: string
  readonly partial: string
  readonly position: JournalPosition
  readonly flushPoint: Uint8Array
}): Promise<number> {
  const { store, path, partial, position } = o
  const sealer = journalSealer(store.parts.keyring, FLUSH_POINT_SEGMENT)
  const { sequence } = decodeFlushPoint(o.flushPoint, sealer)
  let copied = 0
  for (const { segment, bytes } of store.parts.journal.segmentsBehind(sequence, position)) {
    const name = join('journal', segmentName(segment))
    const length = bytes ?? (await stat(join(path, name))).size
    await copyPrefix(join(path, name), join(partial, name), length)
    copied += length
  }
  return copied
}
