import { systemCode } from '@forgeone/common'
import { access, constants, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { DoctorCheck } from '@forgeone/engine'
import { ANCHOR_GRACE_MS_DEFAULT } from '@forgeone/storage-manager'
import { formatDuration } from '../../render/quantities.ts'

/** Without a checkpoint elsewhere nothing can show that the whole directory was taken back to an earlier state. */
export async function anchorCheck(storePath: string): Promise<DoctorCheck> {
  const file = process.env['FORGE_ANCHOR'] ?? ''
  if (file !== '') return await anchorFileCheck(file, storePath)
  return {
    name: 'anchor',
    status: 'warn',
    message: 'no anchor is set: a rollback of the whole directory would not show',
    next: 'Set FORGE_ANCHOR to a file on another disk or machine, or run forge audit anchor.',
  }
}

/** An anchor that gets no more checkpoints notices no more rollbacks. */
async function anchorFileCheck(file: string, storePath: string): Promise<DoctorCheck> {
  const name = 'anchor'
  const next = 'Make the file writable and reachable; every command that closes the store writes to it.'
  const fails = (message: string): DoctorCheck => {
    return { name, status: 'fail', message, code: 'AUDIT_ANCHOR_FAILED', next }
  }
  try {
    await access(file, constants.R_OK | constants.W_OK)
    if ((await stat(file)).size === 0) return isEmpty(file)
    const behindMs = (await newestSegmentMs(storePath)) - (await stat(file)).mtimeMs
    if (behindMs > ANCHOR_GRACE_MS_DEFAULT)
      return fails(`${file} got its last checkpoint ${formatDuration(behindMs)} before the last commit`)
    return { name, status: 'ok', message: `commands compare with ${file}` }
  } catch (error) {
    const reason = systemCode(error) ?? String(error)
    if (reason !== 'ENOENT') return fails(`${file} cannot be used: ${reason}`)
    return isEmpty(file)
  }
}

/** Whether it had some the store remembers, under its secret; without it, an anchor that shows nothing is no anchor. */
function isEmpty(file: string): DoctorCheck {
  return {
    name: 'anchor',
    status: 'fail',
    code: 'AUDIT_ANCHOR_EMPTY',
    message: `${file} holds no checkpoint: a rollback of the whole directory would not show`,
    next: 'Mount its disk. If it is a new one: forge audit anchor --file FILE, with --new when it replaces one.',
  }
}

/** When the journal was written last: by a commit. */
async function newestSegmentMs(storePath: string): Promise<number> {
  const journal = join(storePath, 'journal')
  const names = (await readdir(journal).catch(() => [])).filter((name) => name !== 'flush-point')
  const times = await Promise.all(names.map(async (name) => (await stat(join(journal, name))).mtimeMs))
  return Math.max(0, ...times)
}
