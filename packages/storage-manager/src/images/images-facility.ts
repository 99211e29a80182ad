import { OWNER_RULE, type Facility } from '@forgeone/engine'
import { ImageCatalogue } from '@forgeone/images'
import { cacheFacility } from '../cache/cache-facility.ts'

/** Paths are those of the host: a role of the store must not open whatever file the process may read. */
export const imagesFacility: Facility<ImageCatalogue> = {
  name: 'images',
  acts: {},
  rules: {
    methods: {
      vault: OWNER_RULE,
      digests: OWNER_RULE,
      zones: OWNER_RULE,
      territory: OWNER_RULE,
      list: OWNER_RULE,
      file: OWNER_RULE,
      verify: OWNER_RULE,
      invalidate: OWNER_RULE,
    },
  },
  open: (host) =>
    Promise.resolve({ face: new ImageCatalogue({ cache: host.other(cacheFacility), clock: host.clock }) }),
}
