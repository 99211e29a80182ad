import { actCount, actText, type Acts } from '@forgeone/engine'
import { z } from 'zod'

/** A change of keys tells the revision that the keyring has from then on. */
function changed(members: z.core.$ZodLooseShape): z.ZodType {
  return z.strictObject({ ...members, revision: actCount })
}

export const KEY_ACTS: Acts = {
  'keys.rotated': changed({ scopes: z.array(actText), ids: z.array(actCount), suite: actText.optional() }),
  'keys.resealed': z.strictObject({ scope: actText, values: actCount }),
  'keys.master-rotated': changed({ slots: z.array(actCount) }),
  'keys.slot-added': changed({ slot: actCount, kind: actText }),
  'keys.slot-removed': changed({ slot: actCount }),
  'keys.retired': z.strictObject({ id: actCount }),
  'keys.destroyed': changed({ id: actCount }),
  'keys.restored': changed({ restored: actCount, told: actCount, reason: actText }),
}
