import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isForgeError } from '@forgeone/common'
import { inspectKeyringFile, type KeyInfo } from '@forgeone/crypto'
import type { DoctorCheck } from '@forgeone/engine'
import { KEY_AGE_DAYS_DEFAULT } from '@forgeone/storage-manager'
import { formatCountOf } from '../../render/quantities.ts'

const DAY_MS = 86_400_000

/** A store that is open for long enough rotates its keys by itself; one that only commands open does not. */
export async function keyAgeCheck(storePath: string): Promise<DoctorCheck> {
  const name = 'key age'
  const keys = await sealingKeys(storePath)
  if (keys === undefined) return { name, status: 'warn', message: 'the keyring cannot be read' }
  const oldestDays = (Date.now() - Math.min(...keys.map(({ createdMs }) => createdMs))) / DAY_MS
  const due = keys.filter(({ createdMs }) => Date.now() - createdMs > KEY_AGE_DAYS_DEFAULT * DAY_MS)
  if (due.length === 0)
    return { name, status: 'ok', message: `no key is older than ${KEY_AGE_DAYS_DEFAULT} days` }
  return {
    name,
    status: 'warn',
    message: `${formatCountOf(due.length, 'key is', 'keys are')} due, the oldest is ${Math.floor(oldestDays)} days old`,
    next: 'Run forge keys rotate.',
  }
}

/** @returns undefined when the file says nothing, which other checks report */
async function sealingKeys(storePath: string): Promise<readonly KeyInfo[] | undefined> {
  try {
    const { keys } = inspectKeyringFile(await readFile(join(storePath, 'keyring')))
    // The index key is not rotated, and the one that signs has a command of its own.
    return keys.filter(({ state, scope }) => state === 'primary' && !UNROTATED.includes(scope))
  } catch (error) {
    if (isForgeError(error) || (error instanceof Error && 'code' in error)) return undefined
    throw error
  }
}

const UNROTATED: readonly string[] = ['index', 'audit-signing']
