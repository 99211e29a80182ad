import type { Action } from '@forgeone/engine'

/** Granted by path only, never by a role: nobody reads secrets because of his office. */
export const PATH_ONLY_ACTIONS: readonly Action[] = ['vault.read', 'vault.write', 'vault.destroy']

/** Names come from callers: `constructor` is no role. */
export function isBuiltInRole(role: string): boolean {
  return Object.hasOwn(ROLES, role)
}

/**
 * The roles that every store has. None joins the granting of rights with the reading of data or secrets.
 */
export const ROLES: Readonly<Record<string, readonly Action[]>> = {
  reader: ['data.read', 'data.list', 'settings.read'],
  writer: [
    'data.read',
    'data.list',
    'data.write',
    'data.delete',
    'settings.read',
    'subject.seal',
    'subject.open',
  ],
  operator: [
    'data.list',
    'snapshot.create',
    'maintenance.run',
    'settings.read',
    'settings.write',
    'stats.read',
    'verify.run',
  ],
  auditor: [
    'stats.read',
    'verify.run',
    'audit.read',
    'audit.prove',
    'audit.export',
    'compliance.export',
    'grants.read',
    'keys.list',
  ],
  'security-officer': [
    'vault.seal',
    'vault.list-metadata',
    'stats.read',
    'verify.run',
    'audit.read',
    'audit.prove',
    'audit.export',
    'audit.rotate-key',
    'audit.prune',
    'compliance.export',
    'grants.read',
    'grants.write',
    'keys.list',
    'keys.rotate',
    'keys.destroy',
    'subject.erase',
  ],
}
