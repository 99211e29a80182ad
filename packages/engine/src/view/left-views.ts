import { lstat, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isForgeError, utf8Decode } from '@forgeone/common'
import { readSmallFile } from '@forgeone/common/files'
import { z } from 'zod'
import { isNotFound } from '../files/node-store-files.ts'
import { judge, ownIdentity } from '../lock/process-identity.ts'

export const VIEW_PREFIX = 'forge-view-'
/** Names the process that made a view, beside what it shows. */
const OWNER_NAME = 'view-owner'
const OWNER_BYTES_MAX = 4096

const schema = z.strictObject({
  pid: z.number(),
  startTime: z.string().optional(),
  pidNamespace: z.string().optional(),
  bootId: z.string().optional(),
  host: z.string(),
  thread: z.strictObject({ id: z.number(), startTime: z.string() }).optional(),
})

export async function markView(path: string): Promise<void> {
  await writeFile(join(path, OWNER_NAME), JSON.stringify(ownIdentity()), { mode: 0o600 })
}

/** Removes views of this user whose process is gone for certain: a kill leaves them, and they hold a copy of the keyring. */
export async function removeLeftViews(directory: string): Promise<void> {
  const own = ownIdentity()
  for (const name of await readdir(directory)) {
    if (!name.startsWith(VIEW_PREFIX)) continue
    const path = join(directory, name)
    const owner = (await isOurs(path)) ? await readOwner(join(path, OWNER_NAME)) : undefined
    if (owner === undefined || judge(owner, own) !== 'gone') continue
    await rm(path, { recursive: true, force: true })
  }
}

async function isOurs(path: string): Promise<boolean> {
  try {
    const stats = await lstat(path)
    return stats.isDirectory() && stats.uid === (process.getuid?.() ?? stats.uid)
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

async function readOwner(path: string): Promise<Parameters<typeof judge>[0] | undefined> {
  try {
    const bytes = await readSmallFile(path, { bytesMax: OWNER_BYTES_MAX })
    const parsed = bytes === undefined ? undefined : schema.safeParse(JSON.parse(utf8Decode(bytes)))
    if (parsed?.success !== true) return undefined
    const { pid, host, startTime, pidNamespace, bootId, thread } = parsed.data
    return { pid, host, startTime, pidNamespace, bootId, thread }
  } catch (error) {
    if (error instanceof SyntaxError || isForgeError(error) || isNotFound(error)) return undefined
    throw error
  }
}
