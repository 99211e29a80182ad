import { ForgeError, type AuditFacts } from '@forgeone/common'
import { z } from 'zod'

/** Longer than any id, code, origin or verifier key; a reason is bounded where it comes in. */
const TEXT_CHARACTERS_MAX = 600

/** A number of things that a leaf tells. */
export const actCount: z.ZodType<number> = z.int().min(0)
/** A short text that a leaf tells: an id, a code, an origin; never a name that the application gave. */
export const actText: z.ZodType<string> = z.string().max(TEXT_CHARACTERS_MAX)

/** Acts by their whole name, such as `vault.read`, and what the leaf of each tells beside the rest: `null` is nothing more. */
export type Acts = Readonly<Record<string, z.ZodType | null>>

/** Acts that tell nothing more, by the verbs of a facility. */
export function plainActs(facility: string, verbs: readonly string[]): Acts {
  return Object.fromEntries(verbs.map((verb) => [`${facility}.${verb}`, null]))
}

/**
 * Refuses a commit whose act is not registered, or tells something else than its kind does: so no path, name or payload
 * slips into a leaf by a new kind of commit.
 * @throws AUDIT_ACTION_UNKNOWN
 */
export function checkAct(acts: Acts, { action, context }: AuditFacts): void {
  const schema = Object.hasOwn(acts, action) ? acts[action] : undefined
  if (schema === undefined) throw unknown(`the act ${action} is not registered`)
  if (schema === null) {
    if (context !== undefined) throw unknown(`the act ${action} tells nothing more`)
    return
  }
  const parsed = schema.safeParse(context === undefined ? undefined : JSON.parse(context))
  if (parsed.success) return
  const [issue] = parsed.error.issues
  throw unknown(`the act ${action} tells something else: ${issue?.path.join('.') ?? ''}`)
}

function unknown(reason: string): ForgeError {
  return new ForgeError('AUDIT_ACTION_UNKNOWN', `the commit was refused: ${reason}`)
}
