import { ForgeError, isError } from '@forgeone/common'

/** Packages that only a cache which survives restarts needs: who wants a cache in memory installs none of them. */
export type PeerName = 'level' | 'zod'

/**
 * Loads what is built upon an optional package.
 * @throws CACHE_PEER_MISSING when that package is not installed beside this one; `details.package` names it
 */
export async function loadPeer<Module>(name: PeerName, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load()
  } catch (cause) {
    if (!isError(cause) || !('code' in cause) || !/^(ERR_)?MODULE_NOT_FOUND$/.test(String(cause.code)))
      throw cause
    throw new ForgeError(
      'CACHE_PEER_MISSING',
      `a cache that survives restarts needs the package ${name}; install level and zod beside @forgeone/cache`,
      { cause, details: { package: name } },
    )
  }
}
