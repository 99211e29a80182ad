import { ForgeError, isForgeError, toHex } from '@forgeone/common'
import { inspectKeyringFile, readSealedHeader } from '@forgeone/crypto'
import { FLUSH_POINT_NAME } from '../commit/flush-controller.ts'
import { ioFailure } from '../files/io-failure.ts'
import { NodeStoreFiles } from '../files/node-store-files.ts'
import type { StoreFile } from '../format/store-file.ts'
import { readImageFile } from '../files/image-file.ts'
import { keptFlushPoints, keptMessage } from '../recovery/flush-point-file.ts'
import { failedCheck, unreadableCheck, type DoctorCheck } from './doctor-check.ts'

export async function checkKeyring(
  path: string,
  file: StoreFile,
  { isImage }: { readonly isImage: boolean },
): Promise<readonly DoctorCheck[]> {
  try {
    return await keyringChecks(path, file, { isImage })
  } catch (cause) {
    return [unreadableCheck('keyring', { cause, code: 'KEYRING_DAMAGED' })]
  }
}

async function keyringChecks(
  path: string,
  file: StoreFile,
  { isImage }: { readonly isImage: boolean },
): Promise<readonly DoctorCheck[]> {
  const { primary, copy } = await new NodeStoreFiles(path).keyring.read()
  const storeId = toHex(file.storeId)
  const one = (name: string, bytes: Uint8Array | undefined): DoctorCheck => {
    if (bytes === undefined)
      return {
        name,
        status: 'warn',
        code: 'KEYRING_MISSING',
        message: 'missing',
        next: 'Opening writes it again from the other copy.',
      }
    try {
      const facts = inspectKeyringFile(bytes)
      if (facts.storeId !== storeId)
        return { name, status: 'fail', code: 'KEYRING_DAMAGED', message: 'belongs to another store' }
      const kinds = facts.slots.map((slot) => slot.kind).join(', ')
      return { name, status: 'ok', message: `revision ${facts.revision}, opened by ${kinds}` }
    } catch (error) {
      if (!(error instanceof ForgeError)) throw error
      return {
        name,
        status: 'warn',
        code: error.code,
        message: error.message,
        next: 'Opening repairs it from the other copy.',
      }
    }
  }
  const checks = [one('keyring', primary), one('keyring.copy', copy)]
  if (checks.every((check) => check.status !== 'ok')) {
    const next = isImage
      ? 'Keys are no part of an image: copy keyring, keyring.copy and keys of the store into it.'
      : 'Restore `keyring` from a key backup.'
    return checks.map((check) => ({ ...check, status: 'fail', next }))
  }
  return checks
}

/** Nothing for a store that is none. */
export async function checkImage(
  path: string,
): Promise<{ readonly isImage: boolean; readonly checks: readonly DoctorCheck[] }> {
  const name = 'image'
  try {
    const facts = await readImageFile(path)
    if (facts === undefined) return { isImage: false, checks: [] }
    const when = new Date(facts.time).toISOString()
    const message = `${facts.id}, of a store as of commit ${facts.sequence}, ${when}; it is only read`
    const next = 'forge audit accept-rollback --reason TEXT makes it a store of its own.'
    return { isImage: true, checks: [{ name, status: 'ok', message, next }] }
  } catch (cause) {
    return { isImage: true, checks: [unreadableCheck(name, { cause, code: 'STORE_DAMAGED' })] }
  }
}

/** Whether it is authentic only the keys can tell; what an opening kept says that one was not. */
export async function checkFlushPoint(path: string): Promise<readonly DoctorCheck[]> {
  const name = 'flush point'
  const files = new NodeStoreFiles(path)
  const kept = await keptChecks(files)
  try {
    const bytes = await files.read(FLUSH_POINT_NAME)
    if (bytes !== undefined) readSealedHeader(bytes)
    const message = bytes === undefined ? 'none was taken, or it was lost' : `${bytes.length} bytes`
    return [{ name, status: 'ok', message }, ...kept]
  } catch (cause) {
    const failure = ioFailure(cause, 'read it')
    if (!isForgeError(failure)) throw cause
    const error = new ForgeError('JOURNAL_DAMAGED', `${FLUSH_POINT_NAME} is damaged: ${failure.message}`)
    const next = 'Opening keeps it under another name, and replays the whole journal; nothing is lost.'
    return [{ ...failedCheck(name, error), status: 'warn', next }, ...kept]
  }
}

async function keptChecks(files: NodeStoreFiles): Promise<readonly DoctorCheck[]> {
  // That the journal cannot be listed, its own check tells.
  const names = await files.listJournal().catch(() => [])
  return keptFlushPoints(names).map((kept) => ({
    name: 'flush point',
    status: 'warn',
    code: 'JOURNAL_DAMAGED',
    message: keptMessage(kept),
    next: `Look at what it is; then remove it. Nothing reads it.`,
  }))
}
