import { onResources, type Facility, type Row } from '@forgeone/engine'
import { SYSTEM_DATABASE } from '../layout/database-names.ts'
import type { ForgeHost } from '../forge-host.ts'
import { decodeDone, decodePending } from './erasure-row.ts'
import { SUBJECT_ACTS } from './subject-acts.ts'
import { SUBJECTS_KEYSPACE, Subjects } from './subjects.ts'

export const subjectsFacility: Facility<Subjects, ForgeHost> = {
  name: 'subjects',
  databases: () => [
    { name: SYSTEM_DATABASE, keyspaces: [{ byte: SUBJECTS_KEYSPACE, check: checkSubjectRow }] },
  ],
  acts: SUBJECT_ACTS,
  rules: {
    methods: {
      seal: onResources('subject.seal', 'subject'),
      open: onResources('subject.open', 'subject'),
      hold: onResources('subject.erase', 'subject'),
      release: onResources('subject.erase', 'subject'),
      erase: onResources('subject.erase', 'subject'),
    },
  },
  open: (host) => {
    const { store, clock, random, auditSource } = host
    const face = new Subjects({
      store,
      clock,
      random,
      database: SYSTEM_DATABASE,
      shredKeys: () => host.shredKeys(),
      signers: () => auditSource.signers,
      receiptOf: async (sequence) => await auditSource.log?.receipt(sequence),
      alongsideKeys: () => host.alongsideKeys(),
    })
    return Promise.resolve({ face })
  },
}

/** The reason of a hold is text of any form. */
function checkSubjectRow({ key, value }: Row): unknown {
  const kind = String.fromCharCode(key[1] ?? 0)
  if (kind === 'e') return decodeDone(value)
  return kind === 'p' ? decodePending(value) : undefined
}
