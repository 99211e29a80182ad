import { Background, onResources, HERE_RULE, type Facility } from '@forgeone/engine'
import type { ForgeHost } from '../forge-host.ts'

/** Runs the jobs of all facilities that were opened before it, and is closed before them. */
export const backgroundFacility: Facility<Background, ForgeHost> = {
  name: 'background',
  acts: {},
  rules: {
    methods: {
      list: onResources('stats.read', 'store'),
      pause: onResources('maintenance.run', 'store'),
      resume: onResources('maintenance.run', 'store'),
      close: HERE_RULE,
    },
  },
  open: (host) => {
    const { store, clock, timer, reportProblem } = host
    const face = new Background({
      jobs: host.jobs(),
      clock,
      timer,
      reportProblem,
      mayWrite: () => store.health().state === 'healthy' || store.health().state === 'degraded',
    })
    return Promise.resolve({ face, close: async () => await face.close() })
  },
}
