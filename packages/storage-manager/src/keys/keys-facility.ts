import { TAKES_PROVIDER } from '@forgeone/crypto'
import { HERE_RULE, onResources, OWNER_RULE, type CallRule, type Facility, type Job } from '@forgeone/engine'
import { RUN } from '../arguments/long-work.ts'
import { cacheFacility } from '../cache/cache-facility.ts'
import { SYSTEM_DATABASE } from '../layout/database-names.ts'
import type { ForgeHost } from '../forge-host.ts'
import { ForgeKeys } from './forge-keys.ts'
import { KEY_ACTS } from './key-acts.ts'
import { applyKeyPolicy } from './key-policy.ts'

const HOUR_MS = 3_600_000
/** A command that is done sooner rotates nothing. */
const FIRST_LOOK_MS = 60_000

/** How far keyring and shred keys have come; generations too. */
const TOLD_KEYSPACE = 0x13

const ROTATE: CallRule = onResources('keys.rotate', 'keys')

export const keysFacility: Facility<ForgeKeys, ForgeHost> = {
  name: 'keys',
  databases: () => [{ name: SYSTEM_DATABASE, keyspaces: [{ byte: TOLD_KEYSPACE }] }],
  acts: KEY_ACTS,
  rules: {
    properties: ['scopes'],
    methods: {
      status: onResources('keys.list', 'keys'),
      uses: onResources('keys.list', 'keys'),
      rotate: ROTATE,
      reseal: { ...ROTATE, crosses: RUN },
      // It is given every secret of the store.
      rotateMaster: HERE_RULE,
      // A way to open the store reads everything in it, which no role joins with the rotation of keys.
      addProvider: { ...OWNER_RULE, crosses: TAKES_PROVIDER },
      removeProvider: ROTATE,
      rewrap: { ...OWNER_RULE, crosses: TAKES_PROVIDER },
      createShares: OWNER_RULE,
      destroy: onResources('keys.destroy', 'keys'),
      destroyUnused: onResources('keys.destroy', 'keys'),
    },
  },
  open: async (host) => {
    const { store, toldShredKeys, acceptRestoredKeyring } = host
    const emptyCache = async (): Promise<void> => await host.other(cacheFacility).empty()
    const options = { store, shredKeys: toldShredKeys, emptyCache }
    const keys = await ForgeKeys.open(options, { acceptRestored: acceptRestoredKeyring })
    const { clock, keyPolicy: policy } = host
    const rotation: Job = {
      name: 'rotation of keys by their policy',
      firstMs: FIRST_LOOK_MS,
      everyMs: HOUR_MS,
      run: async (signal) => await applyKeyPolicy(keys, { policy, clock, signal }),
    }
    return { face: keys, jobs: [rotation] }
  },
}
