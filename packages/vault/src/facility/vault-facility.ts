import {
  actCount,
  actText,
  onNamed,
  onResources,
  HERE_RULE,
  plainActs,
  type Acts,
  type Facility,
  type RulesOf,
} from '@forgeone/engine'
import type { MethodShape } from '@forgeone/common'
import { TAKES_PROVIDER } from '@forgeone/crypto'
import { z } from 'zod'
import { CROSSING_SECRET, CROSSING_SECRETS } from '../secret/secret-value.ts'
import type { VaultLeases } from '../vault/vault-leases.ts'
import { Vault } from '../vault/vault.ts'
import { checkVaultRow } from '../vault/vault-rows-check.ts'

const DATABASE = 'vault'

const GIVES_SECRET: MethodShape = { gives: { kind: 'value', convert: CROSSING_SECRET } }

const RULES: RulesOf<Vault> = {
  get: { ...onNamed('vault.read', 'vault'), crosses: GIVES_SECRET },
  getMany: {
    ...onNamed('vault.read', 'vault'),
    crosses: { gives: { kind: 'value', convert: CROSSING_SECRETS } },
  },
  set: onNamed('vault.write', 'vault'),
  generate: onNamed('vault.write', 'vault'),
  configure: onNamed('vault.write', 'vault'),
  delete: onNamed('vault.write', 'vault'),
  undelete: onNamed('vault.write', 'vault'),
  destroy: onNamed('vault.destroy', 'vault'),
  purge: onNamed('vault.destroy', 'vault'),
  list: onNamed('vault.list-metadata', 'vault'),
  info: onNamed('vault.list-metadata', 'vault'),
  status: onResources('vault.list-metadata', 'vault'),
  seal: onResources('vault.seal', 'vault'),
  unseal: { ...onResources('vault.seal', 'vault'), crosses: TAKES_PROVIDER },
  as: HERE_RULE,
  close: HERE_RULE,
}

const LEASE_RULES: RulesOf<VaultLeases> = {
  create: onNamed('vault.read', 'vault'),
  redeem: { kind: 'bearer', crosses: GIVES_SECRET },
  revoke: onResources('vault.seal', 'vault'),
  list: onResources('vault.list-metadata', 'vault'),
}

const ACTS: Acts = {
  'vault.read': z.strictObject({
    outcome: z.enum(['absent', 'destroyed', 'read']),
    version: actCount.optional(),
  }),
  'vault.read-many': z.strictObject({ paths: actCount, read: actCount }),
  'vault.listed': z.strictObject({ count: actCount }),
  ...plainActs('vault', [
    'set',
    'configured',
    'deleted',
    'undeleted',
    'destroyed',
    'purged',
    'erased',
    'described',
    'sealed',
    'unsealed',
  ]),
  'vault.unseal-failed': z.strictObject({ failures: actCount }),
  'vault.refused': z.strictObject({ outcome: z.literal('sealed'), count: actCount.optional() }),
  'vault.leased': z.strictObject({ id: actText, maxUses: actCount.optional() }),
  'vault.lease-redeemed': z.strictObject({
    id: actText.optional(),
    outcome: z.enum(['redeemed', 'refused', 'withdrawn']),
    count: actCount.optional(),
  }),
  'vault.lease-revoked': z.strictObject({ id: actText }),
  'vault.leases-listed': z.strictObject({ count: actCount }),
}

/** @param options.autoLockMs keys leave the memory after so long without use; 0 for never */
export function vaultFacility(options: { readonly autoLockMs?: number | undefined }): Facility<Vault> {
  return {
    name: 'vault',
    databases: () => [
      { name: DATABASE, scopes: [{ database: DATABASE, describedSoon: true }], check: checkVaultRow },
    ],
    acts: ACTS,
    rules: { methods: RULES, parts: { leases: { methods: LEASE_RULES } } },
    open: (host) => {
      const { store, clock, timer, random } = host
      const vault = Vault.over({
        store,
        clock,
        timer,
        random,
        database: DATABASE,
        shredKeys: () => host.shredKeys(),
        verifySecret: (provider) => host.accepts(provider),
        autoLockMs: options.autoLockMs,
        onSetAside: ({ key, error }) => host.setAside({ database: DATABASE, key, error }),
        alongsideKeys: () => host.alongsideKeys(),
        mayStillRead: ({ by, path, time }) =>
          host.isAllowed({ pseudonym: by, action: 'vault.read', resource: `vault/${path}`, time }),
      })
      return Promise.resolve({
        face: vault,
        as: (pseudonym) => vault.as(pseudonym),
        // It is loaded anew when it is next used.
        forget: () => vault.close(),
        close: () => vault.close(),
      })
    },
  }
}
