import { ForgeError, isolatedLogger, Metrics, systemClock, systemRandom, type Logger } from '@forgeone/common'
import { ClassicBackend } from '../database/classic-backend.ts'
import { NodeStoreFiles } from '../files/node-store-files.ts'
import { Health } from '../health/health.ts'
import type { LocalStoreOptions } from '../parts/local-store-options.ts'
import type { ResolvedOptions } from '../parts/local-store-parts.ts'

const DATABASE_NAME_PATTERN = /^[a-z][a-z0-9_]{0,63}$/
/** Scopes of the keyring, and directories beside the databases: no database may bear such a name. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(['journal', 'index', 'keyring', 'keys'])

/** What was not given is filled in. @throws STORE_OPTION_INVALID */
export function resolveOptions(options: LocalStoreOptions): ResolvedOptions {
  const { path } = options
  const files = options.files ?? (path === undefined ? undefined : new NodeStoreFiles(path))
  const backend = options.backend ?? (path === undefined ? undefined : new ClassicBackend(path))
  if (files === undefined || backend === undefined) {
    throw new ForgeError('STORE_OPTION_INVALID', 'a store needs a path, or both files and a backend')
  }
  for (const name of options.databases) {
    if (!DATABASE_NAME_PATTERN.test(name) || RESERVED_NAMES.has(name)) {
      throw new ForgeError('STORE_OPTION_INVALID', `"${name}" cannot name a database`)
    }
  }
  const logger: Logger = isolatedLogger(options.logger)
  const metrics = options.metrics ?? new Metrics()
  const health = new Health({ logger, metrics })
  return {
    options,
    files,
    backend,
    health,
    logger,
    metrics,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
  }
}
