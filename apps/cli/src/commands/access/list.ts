import { ROLES, type AccessControl } from '@forgeone/storage-manager'
import type { Command } from '../../program/command.ts'
import { formatTime } from '../../render/quantities.ts'
import { renderTable } from '../../render/table.ts'
import type { Terminal } from '../../render/terminal.ts'
import { formatHours } from './hours-option.ts'

export const accessList: Command = {
  name: 'access list',
  summary: 'List who may do what: roles, grants and tokens',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: { roles: { type: 'boolean', description: 'list the built-in roles and their actions instead' } },
  examples: ['forge access list --data ./data', 'forge access list --roles'],
  async run({ options, terminal, store }) {
    if (options['roles'] === true) {
      await printRoles(terminal)
      return
    }
    await using forge = await store.open()
    const principals = await forge.access.list()
    const tokens = await forge.access.tokens()
    if (terminal.json) {
      await terminal.printJson({ principals, tokens })
      return
    }
    await printRights(terminal, principals)
    if (tokens.length === 0) return
    await terminal.printLine('')
    await printTokens(terminal, tokens)
  },
}

async function printRoles(terminal: Terminal): Promise<void> {
  if (terminal.json) {
    await terminal.printJson(ROLES)
    return
  }
  for (const [role, actions] of Object.entries(ROLES))
    await terminal.printLine(`${role}: ${actions.join(', ')}`)
}

async function printRights(terminal: Terminal, principals: ReturnType<AccessControl['list']>): Promise<void> {
  const columns = ['principal', 'right', 'resource', 'grant', 'hours', 'until'].map((title) => ({ title }))
  const rows = principals.flatMap(({ principal, roles, grants }) => [
    ...roles.map((role) => [principal, `role ${role}`, '', '', '-', '-']),
    ...grants.map(({ id, actions, resource, effect, hours, notAfter }) => [
      principal,
      `${effect} ${actions.join(', ')}`,
      resource,
      id,
      hours === undefined ? '-' : formatHours(hours),
      notAfter === undefined ? '-' : formatTime(notAfter),
    ]),
  ])
  await terminal.print(renderTable(terminal, columns, rows))
}

async function printTokens(terminal: Terminal, tokens: ReturnType<AccessControl['tokens']>): Promise<void> {
  const columns = ['token', 'principal', 'created', 'expires', 'last used'].map((title) => ({ title }))
  const rows = tokens.map(({ id, principal, created, expires, lastUsed }) => [
    id,
    principal,
    formatTime(created),
    formatTime(expires),
    lastUsed === undefined ? 'never' : formatTime(lastUsed),
  ])
  await terminal.print(renderTable(terminal, columns, rows))
}
