import { actCount, actText, type Acts } from '@forgeone/engine'
import { z } from 'zod'

export const SUBJECT_ACTS: Acts = {
  'subject.keyed': z.strictObject({}),
  'subject.erasure-begun': z.strictObject({ requestId: actText }),
  'subject.erased': z.strictObject({
    requestId: actText,
    shredKeys: actCount,
    bucketKeys: actCount,
    certificate: actText,
    outcome: z.enum(['ok', 'failed']),
  }),
  'subject.certified': z.strictObject({ requestId: actText }),
  'subject.held': z.strictObject({}),
  'subject.released': z.strictObject({}),
}
