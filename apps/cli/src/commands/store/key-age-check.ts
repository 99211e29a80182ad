import { join } from 'node:path'
import { isForgeError, isError } from '@forgeone/common'
import { readSmallFile } from '@forgeone/common/files'
import { inspectKeyringFile, KEYRING_BYTES_MAX, type KeyringFacts } from '@forgeone/crypto'
import type { DoctorCheck } from '@forgeone/engine'
import { KEY_AGE_DAYS_DEFAULT, MASTER_KEY_AGE_DAYS } from '@forgeone/storage-manager'
import { formatCountOf } from '../../render/quantities.ts'

const DAY_MS = 86_400_000
const NAME = 'key age'
/** The index key is not rotated, and the one that signs has a command of its own. */
const UNROTATED: readonly string[] = ['index', 'audit-signing']

/** A store that is open for long enough rotates its keys by itself; one that only commands open does not. */
export async function keyAgeCheck(storePath: string): Promise<DoctorCheck> {
  const facts = await keyringFacts(storePath)
  if (facts === undefined) return { name: NAME, status: 'warn', message: 'the keyring cannot be read' }
  const due = dueKeys(facts)
  if (due !== undefined) return { name: NAME, status: 'warn', message: due, next: 'Run forge keys rotate.' }
  const masterDays = daysSince(facts.masterCreatedMs)
  if (masterDays <= MASTER_KEY_AGE_DAYS)
    return { name: NAME, status: 'ok', message: `no key is older than ${KEY_AGE_DAYS_DEFAULT} days` }
  return {
    name: NAME,
    status: 'warn',
    message: `the master key is ${Math.floor(masterDays)} days old`,
    next: 'Run forge keys rotate --master.',
  }
}

function dueKeys({ keys }: KeyringFacts): string | undefined {
  const ages = keys
    .filter(({ state, scope }) => state === 'primary' && !UNROTATED.includes(scope))
    .map(({ createdMs }) => daysSince(createdMs))
  const due = ages.filter((days) => days > KEY_AGE_DAYS_DEFAULT)
  if (due.length === 0) return undefined
  const oldestDays = Math.floor(Math.max(...due))
  return `${formatCountOf(due.length, 'key is', 'keys are')} due, the oldest is ${oldestDays} days old`
}

function daysSince(timeMs: number): number {
  return (Date.now() - timeMs) / DAY_MS
}

/** @returns undefined when the file says nothing, which other checks report */
async function keyringFacts(storePath: string): Promise<KeyringFacts | undefined> {
  try {
    const bytes = await readSmallFile(join(storePath, 'keyring'), { bytesMax: KEYRING_BYTES_MAX })
    return bytes === undefined ? undefined : inspectKeyringFile(bytes)
  } catch (error) {
    if (isForgeError(error) || (isError(error) && 'code' in error)) return undefined
    throw error
  }
}
