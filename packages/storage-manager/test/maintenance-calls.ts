import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { rawKeyProvider } from '@forgeone/crypto'
import type { Forge } from '../src/index.ts'
import { SECRET } from './temporary-folder.ts'

export interface CallContext {
  readonly forge: Forge
  /** A directory beside the store. */
  readonly outside: string
  /** Different for every call of a process. */
  readonly number: number
}

export type MaintenanceCall = (context: CallContext) => Promise<unknown>

const provider = (): ReturnType<typeof rawKeyProvider> => rawKeyProvider(SECRET.key)

/**
 * The calls that touch journal, keyring, flush points, images, rotation, compaction or the closing, by face and method. Every
 * pair of them runs side by side in `all-pairs.crash.test.ts`.
 */
export const MAINTENANCE_CALLS: Readonly<Record<string, MaintenanceCall>> = {
  'forge.flush': ({ forge }) => forge.flush(),
  'forge.checkpoint': async ({ forge, outside, number }) => {
    const directory = join(outside, `image-${number}`)
    await forge.checkpoint(directory)
    rmSync(directory, { recursive: true })
  },
  'forge.verify': async ({ forge }) => {
    const report = await forge.verify()
    if (!report.ok) throw new Error(`verify: ${JSON.stringify(report.problems)}`)
  },
  'forge.transaction': ({ forge, number }) =>
    forge.transaction((tx) => {
      tx.logs.append({ topic: 'together', message: String(number) })
      tx.vault.set(`together/${number}`, 'value')
      tx.settings.set('together', number)
    }),
  'forge.close': ({ forge }) => forge.close(),
  'keys.rotate': ({ forge }) => forge.keys.rotate(),
  'keys.reseal': ({ forge }) => forge.keys.reseal({ pace: 'full' }),
  'keys.rotateMaster': ({ forge }) => forge.keys.rotateMaster({ providers: [provider()] }),
  'keys.addProvider': ({ forge }) => forge.keys.addProvider(provider()),
  'keys.removeProvider': async ({ forge }) => {
    const { slots, openedSlot } = forge.keys.status()
    const other = slots.find(({ id }) => id !== openedSlot)
    if (other !== undefined) await forge.keys.removeProvider(other.id)
  },
  'keys.rewrap': ({ forge }) => forge.keys.rewrap(provider()),
  'keys.createShares': ({ forge }) => forge.keys.createShares({ threshold: 2, count: 2 }),
  'keys.uses': ({ forge }) => forge.keys.uses(),
  'keys.destroyUnused': async ({ forge }) => {
    const { keys } = forge.keys.status()
    for (const { id, state } of keys) if (state === 'decrypt-only') await forge.keys.destroyUnused(id)
  },
  'keys.destroy': async ({ forge }) => {
    const { keys } = forge.keys.status()
    const old = keys.find(({ state }) => state === 'decrypt-only')
    if (old !== undefined) await forge.keys.destroy(old.id)
  },
  'logs.compact': ({ forge }) => forge.logs.compact(),
  'events.compact': ({ forge }) => forge.events.compact(),
  'logs.topicOperations.applyRetention': async ({ forge }) => {
    await forge.logs.topicOperations.setRetention('kept', { maxCount: 10 })
    await forge.logs.topicOperations.applyRetention()
  },
  'logs.topicOperations.remove': async ({ forge, number }) => {
    await forge.logs.append({ topic: `gone.${number}`, message: 'soon gone' })
    await forge.logs.topicOperations.remove(`gone.${number}`)
  },
  'events.topicOperations.compactKeys': ({ forge }) => forge.events.topicOperations.compactKeys('acked'),
  'vault.set': ({ forge, number }) => forge.vault.set(`secret/${number}`, 'value'),
  'vault.purge': async ({ forge, number }) => {
    await forge.vault.set(`purged/${number}`, 'value')
    await forge.vault.purge(`purged/${number}`)
  },
  'subjects.erase': async ({ forge, number }) => {
    await forge.subjects.seal(`subject-${number}`, 'value')
    await forge.subjects.erase(`subject-${number}`, { requestId: `R-${number}` })
  },
  'audit.checkpoint': ({ forge }) => forge.audit.checkpoint(),
  'audit.rotateKey': ({ forge }) => forge.audit.rotateKey(),
  'audit.reindex': ({ forge }) => forge.audit.reindex(),
  'audit.exportTiles': ({ forge }) => forge.audit.exportTiles({ write: () => Promise.resolve() }),
  'access.createToken': ({ forge }) => forge.access.createToken('ann'),
  'compliance.report': ({ forge, outside, number }) =>
    forge.compliance.report({ from: 0, to: Date.now(), directory: join(outside, `report-${number}`) }),
  'cache.touchSession': ({ forge, number }) => forge.cache.touchSession(`session-${number}`),
  'cache.empty': ({ forge }) => forge.cache.empty(),
}
