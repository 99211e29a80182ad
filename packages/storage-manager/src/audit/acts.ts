// Every act that a commit of a store may be, and what its leaf tells beside the rest. One that is not here is refused, so
// that no path, name or payload slips into a leaf by a new kind of commit. `docs/audit-acts.md` says what each means.

import { ForgeError, type AuditFacts } from '@forgeone/common'
import { z } from 'zod'

/** Longer than any id, code, origin or verifier key; a reason is bounded where it comes in. */
const TEXT_CHARACTERS_MAX = 600

const count = z.int().min(0)
const text = z.string().max(TEXT_CHARACTERS_MAX)
const outcome = z.enum(['ok', 'failed'])

/** What a leaf tells, member by member; `null` for an act that tells nothing more. */
type Context = z.ZodType | null

const STREAM_VERBS: readonly string[] = [
  'append',
  'compact',
  'compact-keys',
  'create-topic',
  'remove-retention',
  'remove-topic',
  'retain',
  'set-retention',
  'update-topic',
]

const SETTING_VERBS: readonly string[] = ['set', 'delete']

const rows = z.strictObject({ sequence: count, scopes: count, digest: text })

const keys = (members: z.core.$ZodLooseShape): Context => z.strictObject({ ...members, revision: count })

const ACTS: ReadonlyMap<string, Context> = new Map<string, Context>([
  ...STREAM_VERBS.flatMap((verb): [string, Context][] => [
    [`logs.${verb}`, null],
    [`events.${verb}`, null],
  ]),
  ...['settle', 'group-create', 'group-remove', 'group-pause', 'group-resume', 'group-clean'].map(
    (verb): [string, Context] => [`events.${verb}`, null],
  ),
  ['events.checkpoint-set', null],
  ['events.checkpoint-remove', null],
  ...SETTING_VERBS.flatMap((verb): [string, Context][] => [
    [`settings.${verb}`, null],
    [`flags.${verb}`, null],
  ]),
  ['metrics.recorded', null],
  ['store.created', z.strictObject({ suite: text })],
  ['store.closed', rows.optional()],
  ['store.flushed', rows],
  ['store.described', rows],
  ['store.row-removed', z.strictObject({ database: text })],
  ['store.checkpointed', z.strictObject({ id: text })],
  ['store.checkpoint-taken', z.strictObject({ id: text, sequence: count })],
  ['store.checkpoint-forgotten', z.strictObject({ id: text })],
  ['store.unlogged', null],
  ['store.verified', z.strictObject({ outcome, checked: count, problems: count })],
  [
    'store.restored',
    z.strictObject({
      accepted: z.array(text),
      entries: z.strictObject({ events: count, logs: count }).optional(),
      from: z.strictObject({ id: text, sequence: count }).optional(),
      before: z.strictObject({ origin: text, size: count, root: text }),
      key: text,
      origin: text,
      reason: text,
      revision: count,
    }),
  ],
  ['keys.rotated', keys({ scopes: z.array(text), ids: z.array(count), suite: text.optional() })],
  ['keys.resealed', z.strictObject({ scope: text, values: count })],
  ['keys.master-rotated', keys({ slots: z.array(count) })],
  ['keys.slot-added', keys({ slot: count, kind: text })],
  ['keys.slot-removed', keys({ slot: count })],
  ['keys.retired', z.strictObject({ id: count })],
  ['keys.destroyed', keys({ id: count })],
  ['keys.restored', keys({ restored: count, told: count, reason: text })],
  ['audit.anchored', z.strictObject({ kind: text })],
  ['audit.exported', z.strictObject({ entries: text })],
  ['audit.key-changed', z.strictObject({ from: text, to: text })],
  ['audit.pruned', z.strictObject({ from: count, to: count })],
  ['access.denied', z.strictObject({ action: text, count, rule: text })],
  ['access.granted', z.strictObject({ id: text, effect: text, actions: z.array(text) })],
  ['access.revoked', z.strictObject({ id: text })],
  ['access.roles-set', z.strictObject({ principal: text, roles: z.array(text) })],
  ['access.token-created', z.strictObject({ id: text, principal: text })],
  ['access.token-used', z.strictObject({ id: text })],
  ['access.token-revoked', z.strictObject({ id: text })],
  [
    'vault.read',
    z.strictObject({ outcome: z.enum(['absent', 'destroyed', 'read']), version: count.optional() }),
  ],
  ['vault.read-many', z.strictObject({ paths: count, read: count })],
  ['vault.listed', z.strictObject({ count })],
  ...['set', 'configured', 'deleted', 'undeleted', 'destroyed', 'purged', 'erased', 'described'].map(
    (verb): [string, Context] => [`vault.${verb}`, null],
  ),
  ['vault.sealed', null],
  ['vault.unsealed', null],
  ['vault.unseal-failed', z.strictObject({ failures: count })],
  ['vault.refused', z.strictObject({ outcome: z.literal('sealed'), count: count.optional() })],
  ['vault.leased', z.strictObject({ id: text, maxUses: count.optional() })],
  [
    'vault.lease-redeemed',
    z.strictObject({
      id: text.optional(),
      outcome: z.enum(['redeemed', 'refused', 'withdrawn']),
      count: count.optional(),
    }),
  ],
  ['vault.lease-revoked', z.strictObject({ id: text })],
  ['vault.leases-listed', z.strictObject({ count })],
  ['subject.keyed', z.strictObject({})],
  ['subject.erasure-begun', z.strictObject({ requestId: text })],
  [
    'subject.erased',
    z.strictObject({ requestId: text, shredKeys: count, bucketKeys: count, certificate: text, outcome }),
  ],
  ['subject.certified', z.strictObject({ requestId: text })],
  ['subject.held', z.strictObject({})],
  ['subject.released', z.strictObject({})],
  ['compliance.exported', z.strictObject({ begin: count, end: count, size: count })],
  ['cache.swept', z.strictObject({ removed: count.optional(), bytes: z.int() })],
  ['cache.invalidated', z.strictObject({ scope: text, removed: count.optional(), bytes: z.int() })],
])

/** In their order in the registry. */
export const ACT_NAMES: readonly string[] = [...ACTS.keys()]

/**
 * Refuses a commit whose act is not registered, or tells something else than its kind does.
 * @throws AUDIT_ACTION_UNKNOWN
 */
export function checkAct({ action, context }: AuditFacts): void {
  const schema = ACTS.get(action)
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
