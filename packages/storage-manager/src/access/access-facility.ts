import { ForgeError } from '@forgeone/common'
import {
  actCount,
  actText,
  onResources,
  HERE_RULE,
  OWNER_RULE,
  type Acts,
  type CallRule,
  type Facility,
  type Row,
  type RulesOf,
} from '@forgeone/engine'
import { z } from 'zod'
import { SYSTEM_DATABASE } from '../layout/database-names.ts'
import { AccessControl } from './access-control.ts'
import { decodeAccessRow, isAccessRowKind } from './access-row-codec.ts'
import { ACCESS_KEYSPACE } from './access-rows.ts'

const LISTENER_FAILED = 'a listener of changes of rights failed; the others were told'

const ACTS: Acts = {
  'access.denied': z.strictObject({ action: actText, count: actCount, rule: actText }),
  'access.granted': z.strictObject({ id: actText, effect: actText, actions: z.array(actText) }),
  'access.revoked': z.strictObject({ id: actText }),
  'access.roles-set': z.strictObject({ principal: actText, roles: z.array(actText) }),
  'access.token-created': z.strictObject({ id: actText, principal: actText }),
  'access.token-used': z.strictObject({ id: actText }),
  'access.token-revoked': z.strictObject({ id: actText }),
}

const READ: CallRule = onResources('grants.read', 'access')

/** Who changes rights stands in the leaf: the options at this position are told. */
function changing(toldAt: number): CallRule {
  return { ...onResources('grants.write', 'access'), toldAt }
}

const RULES: RulesOf<AccessControl> = {
  list: READ,
  check: READ,
  tokens: READ,
  grant: changing(1),
  revoke: changing(1),
  setRoles: changing(2),
  // Whoever makes a token of a principal can act as that one.
  createToken: OWNER_RULE,
  revokeToken: changing(1),
  pseudonym: READ,
  checkPseudonym: HERE_RULE,
  authorize: HERE_RULE,
  forgetSetAside: HERE_RULE,
  authenticate: HERE_RULE,
  onChange: HERE_RULE,
  close: HERE_RULE,
}

export const accessFacility: Facility<AccessControl> = {
  name: 'access',
  databases: () => [
    {
      name: SYSTEM_DATABASE,
      keyspaces: [{ byte: ACCESS_KEYSPACE, part: 'rights', check: checkAccessRow }],
    },
  ],
  acts: ACTS,
  rules: { methods: RULES },
  open: async ({ store, clock, timer, random, logger, setAside }) => {
    const access = await AccessControl.open({
      store,
      clock,
      timer,
      random,
      database: SYSTEM_DATABASE,
      onSetAside: ({ key, error }) => setAside({ database: SYSTEM_DATABASE, key, error }),
      onListenerFailure: () => logger.log('warn', LISTENER_FAILED),
    })
    return {
      face: access,
      forget: ({ key }) => access.forgetSetAside(key),
      close: async () => await access.close(),
    }
  },
}

function checkAccessRow({ key, value }: Row): unknown {
  const kind = String.fromCharCode(key[1] ?? 0)
  if (isAccessRowKind(kind)) return decodeAccessRow(kind, value)
  throw new ForgeError('RECORD_TAMPERED', 'a row of access control is of no known kind')
}
