import { ROLES } from '@forgeone/storage-manager'
import type { Command } from '../../program/command.ts'
import { formatTime } from '../../render/quantities.ts'
import { renderTable } from '../../render/table.ts'
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
      if (terminal.json) await terminal.printJson(ROLES)
      else
        for (const [role, actions] of Object.entries(ROLES))
          await terminal.printLine(`${role}: ${actions.join(', ')}`)
      return
    }
    await using forge = await store.open()
    const principals = forge.access.list()
    const tokens = forge.access.tokens()
    if (terminal.json) {
      await terminal.printJson({ principals, tokens })
      return
    }
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
    await terminal.print(
      renderTable(
        terminal,
        [
          { title: 'principal' },
          { title: 'right' },
          { title: 'resource' },
          { title: 'grant' },
          { title: 'hours' },
          { title: 'until' },
        ],
        rows,
      ),
    )
    if (tokens.length === 0) return
    await terminal.printLine('')
    await terminal.print(
      renderTable(
        terminal,
        [
          { title: 'token' },
          { title: 'principal' },
          { title: 'created' },
          { title: 'expires' },
          { title: 'last used' },
        ],
        tokens.map(({ id, principal, created, expires, lastUsed }) => [
          id,
          principal,
          formatTime(created),
          formatTime(expires),
          lastUsed === undefined ? 'never' : formatTime(lastUsed),
        ]),
      ),
    )
  },
}
