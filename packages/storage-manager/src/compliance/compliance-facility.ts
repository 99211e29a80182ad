import { actCount, OWNER_RULE, type Facility } from '@forgeone/engine'
import { VALUE } from '@forgeone/common'
import { z } from 'zod'
import { TAKES_DIRECTORY } from '../arguments/crossing-path.ts'
import { auditFacility } from '../audit/audit-facility.ts'
import type { ForgeHost } from '../forge-host.ts'
import { Compliance } from './compliance.ts'

export const complianceFacility: Facility<Compliance, ForgeHost> = {
  name: 'compliance',
  acts: { 'compliance.exported': z.strictObject({ begin: actCount, end: actCount, size: actCount }) },
  // Into a directory of the host.
  rules: {
    methods: { report: { ...OWNER_RULE, crosses: { gives: VALUE, takes: TAKES_DIRECTORY } } },
  },
  open: (host) => {
    const { store, auditSource } = host
    const face = new Compliance({
      store,
      audit: () => host.other(auditFacility),
      signers: () => auditSource.signers,
    })
    return Promise.resolve({ face })
  },
}
