import { readdir } from 'node:fs/promises'
import { statfsSync } from 'node:fs'
import { join } from 'node:path'
import { ForgeError, toHex } from '@forgeone/common'
import { NodeStoreFiles } from '../files/node-store-files.ts'
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES, SEGMENT_NAME_PATTERN } from '../format/segment-header.ts'
import { shortId, type StoreFile } from '../format/store-file.ts'
import { SegmentScanner } from '../journal/segment-scanner.ts'
import { checkStructure } from '../leveldb-files/database-directory.ts'
import { foreignLogNames } from '../leveldb-files/left-logs.ts'
import { StoreLock } from '../lock/store-lock.ts'
import { inspectDirectory } from '../recovery/creation.ts'
import { readStoreFile } from '../recovery/read-store-file.ts'
import { assertLocalFilesystem } from '../recovery/unsafe-filesystem.ts'
import { checkDirectories } from './directory-checks.ts'
import { failedCheck as fail, unreadableCheck as unreadable, type DoctorCheck } from './doctor-check.ts'
import { checkFlushPoint, checkImage, checkKeyring } from './small-file-checks.ts'

const FREE_SHARE_WARN = 0.1

/** Examines a closed or failed store without its secret. Reads only. */
export async function examineStore(path: string): Promise<readonly DoctorCheck[]> {
  const checks: DoctorCheck[] = [checkRuntime()]
  const file = await checkStoreFile(path)
  checks.push(file.check)
  if (file.file === undefined) return checks
  checks.push(checkFilesystem(path), checkSpace(path), checkLock(path))
  checks.push(...(await checkDirectories(path, file.file.databases)))
  const image = await checkImage(path)
  checks.push(...image.checks, ...(await checkKeyring(path, file.file, image)))
  checks.push(...(await checkJournal(path, file.file)), ...(await checkFlushPoint(path)))
  for (const name of file.file.databases) checks.push(await checkDatabase(path, name))
  checks.push(...(await findStrangers(path, file.file)))
  return checks
}

function checkRuntime(): DoctorCheck {
  return {
    name: 'runtime',
    status: 'ok',
    message: `Node ${process.versions.node}, OpenSSL ${process.versions.openssl}`,
  }
}

async function checkStoreFile(path: string): Promise<{ check: DoctorCheck; file?: StoreFile }> {
  try {
    const file = await readStoreFile(path)
    if (file === undefined) {
      // Says which: nothing there, other files, or a store that lost this one.
      await inspectDirectory(path, { mayCreate: false })
      throw new ForgeError('STORE_NOT_FOUND', `the store at ${path} was never finished`)
    }
    const message = `store ${shortId(file.storeId)}, ${file.suite}, ${file.databases.length} databases`
    return { check: { name: 'store', status: 'ok', message }, file }
  } catch (error) {
    if (!(error instanceof ForgeError)) throw error
    return { check: fail('store', error) }
  }
}

function checkFilesystem(path: string): DoctorCheck {
  try {
    assertLocalFilesystem(path)
    return { name: 'file system', status: 'ok', message: 'local' }
  } catch (error) {
    if (!(error instanceof ForgeError)) throw error
    return fail('file system', error)
  }
}

function checkSpace(path: string): DoctorCheck {
  const { bavail, blocks, bsize } = statfsSync(path)
  const message = `${Math.floor((bavail * bsize) / 1024 / 1024)} MiB free of ${Math.floor((blocks * bsize) / 1024 / 1024)}`
  if (bavail >= blocks * FREE_SHARE_WARN) return { name: 'space', status: 'ok', message }
  return { name: 'space', status: 'warn', message, code: 'STORAGE_FULL', next: 'Free space on this disk.' }
}

function checkLock(path: string): DoctorCheck {
  const holder = StoreLock.holder(path)
  if (holder === undefined) return { name: 'lock', status: 'ok', message: 'nobody has the store open' }
  const who = `pid ${holder.pid} on ${holder.host}`
  if (holder.state === 'alive')
    return {
      name: 'lock',
      status: 'warn',
      message: `open in ${who}; what follows may be in motion`,
      code: 'STORE_LOCKED',
    }
  return {
    name: 'lock',
    status: 'warn',
    message: `left by ${who}, which is ${holder.state}`,
    next: 'The next open takes it over.',
  }
}

async function checkJournal(path: string, file: StoreFile): Promise<readonly DoctorCheck[]> {
  try {
    return await readJournal(path, file)
  } catch (cause) {
    return [unreadable('journal', { cause, code: 'JOURNAL_DAMAGED' })]
  }
}

/** Chain and checksums; whether frames are authentic only the keys can tell. */
async function readJournal(path: string, file: StoreFile): Promise<readonly DoctorCheck[]> {
  const files = new NodeStoreFiles(path)
  const names = (await files.listJournal()).filter((name) => SEGMENT_NAME_PATTERN.test(name))
  if (names.length === 0)
    return [fail('journal', new ForgeError('JOURNAL_DAMAGED', 'the journal has no segment'))]
  let frames = 0
  for (const [index, name] of names.entries()) {
    const journalFile = await files.openJournalFile(name, { create: false })
    try {
      const header = decodeSegmentHeader(await journalFile.read(0, SEGMENT_HEADER_BYTES))
      if (typeof header === 'string') {
        if (index === names.length - 1 && header === 'short')
          return [{ name: 'journal', status: 'ok', message: `${name} was begun and holds nothing yet` }]
        return [fail('journal', new ForgeError('JOURNAL_DAMAGED', `segment ${name} has no valid header`))]
      }
      if (toHex(header.storeId) !== toHex(file.storeId))
        return [
          fail('journal', new ForgeError('JOURNAL_DAMAGED', `segment ${name} belongs to another store`)),
        ]
      const scanner = new SegmentScanner(journalFile, header)
      let scanned = await scanner.next()
      for (; scanned.kind === 'frame'; scanned = await scanner.next()) frames++
      if (scanned.kind === 'broken') {
        const torn = index === names.length - 1 && !(await scanner.laterFrameFollows(scanned.offset))
        if (!torn)
          return [
            fail(
              'journal',
              new ForgeError('JOURNAL_DAMAGED', `segment ${name} breaks at byte ${scanned.offset}`),
            ),
          ]
        return [
          {
            name: 'journal',
            status: 'warn',
            message: `a crash tore the last frame at byte ${scanned.offset} of ${name}`,
            next: 'The next open cuts it; it was never acknowledged.',
          },
        ]
      }
    } finally {
      await journalFile.close()
    }
  }
  return [{ name: 'journal', status: 'ok', message: `${names.length} segments, ${frames} frames` }]
}

async function checkDatabase(path: string, name: string): Promise<DoctorCheck> {
  let finding: Awaited<ReturnType<typeof checkStructure>>[number] | undefined
  try {
    finding = (await checkStructure(join(path, name), undefined, false))[0]
  } catch (cause) {
    return unreadable(name, { cause, code: 'DATABASE_DAMAGED' })
  }
  if (finding === undefined) return await checkForeignLogs(path, name)
  return fail(name, new ForgeError('DATABASE_DAMAGED', `${name}/${finding.file}: ${finding.problem}`))
}

async function checkForeignLogs(path: string, name: string): Promise<DoctorCheck> {
  const [kept] = await foreignLogNames(join(path, name))
  if (kept === undefined) return { name, status: 'ok', message: 'structure is whole' }
  return {
    name,
    status: 'warn',
    message: `structure is whole; an opening found that somebody had written into its log, and kept it as ${name}/${kept}`,
    code: 'DATABASE_DAMAGED',
    next: 'Nothing of it counts. Find out who had the files, then remove it.',
  }
}

/** What an opening met in the place of a file of ours. */
const ASIDE_NAMES = /\.aside(-\d+)?$/

/** Of the store and of what keeps its own files beside it. */
const KNOWN_NAMES = /^(FORGE|IMAGE|keyring|keyring\.copy|lock|journal|keys|snapshots|cache|cache\.damaged)$/

async function findStrangers(path: string, file: StoreFile): Promise<readonly DoctorCheck[]> {
  const strangers = (await readdir(path)).filter(
    (name) => !KNOWN_NAMES.test(name) && !file.databases.includes(name),
  )
  if (strangers.length === 0) return []
  return [
    {
      name: 'other files',
      status: 'warn',
      message: strangers.slice(0, 5).join(', '),
      next: strangers.every((name) => ASIDE_NAMES.test(name))
        ? 'They were in the place of a file of the store, and were set aside; look at them, and move them elsewhere.'
        : 'They do not belong to the store; move them elsewhere.',
    },
  ]
}
