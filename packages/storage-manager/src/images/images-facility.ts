import { VALUE } from '@forgeone/common'
import { OWNER_RULE, type Facility, type MethodRule } from '@forgeone/engine'
import { ImageCatalogue } from '@forgeone/images'
import { TAKES_PATH } from '../arguments/crossing-path.ts'
import { cacheFacility } from '../cache/cache-facility.ts'

/** @param optionsAt position of options with a signal and a listener to progress */
function ofFile(optionsAt?: number): MethodRule {
  if (optionsAt === undefined) return { ...OWNER_RULE, crosses: { gives: VALUE, takes: TAKES_PATH } }
  const callbacks = { [`${optionsAt}.onProgress`]: { gives: 'nothing' } } as const
  return { ...OWNER_RULE, crosses: { gives: VALUE, takes: TAKES_PATH, callbacks, signalAt: optionsAt } }
}

/** Paths are those of the host: a role of the store must not open whatever file the process may read. */
export const imagesFacility: Facility<ImageCatalogue> = {
  name: 'images',
  acts: {},
  rules: {
    methods: {
      vault: ofFile(),
      digests: ofFile(1),
      zones: ofFile(),
      territory: ofFile(2),
      list: ofFile(2),
      file: ofFile(2),
      verify: ofFile(1),
      invalidate: ofFile(),
    },
  },
  open: (host) =>
    Promise.resolve({ face: new ImageCatalogue({ cache: host.other(cacheFacility), clock: host.clock }) }),
}
