import { ForgeError } from '@forgeone/common'
import type { Command } from '../../program/command.ts'
import { textOption } from '../../program/parse-arguments.ts'

export const accessRevoke: Command = {
  name: 'access revoke',
  summary: 'Take a grant back by its id, or a role from a principal',
  usage: 'GRANT|PRINCIPAL',
  positionals: { min: 1, max: 1 },
  options: { role: { type: 'string', value: 'ROLE', description: 'take this role from the principal' } },
  examples: [
    'forge access revoke g_0123456789abcdef --data ./data',
    'forge access revoke ann --role reader --data ./data',
  ],
  async run({ options, positionals, terminal, store }) {
    const name = positionals[0]!
    const role = textOption(options, 'role')
    await using forge = await store.open()
    const { access } = forge
    if (role === undefined) {
      if (!(await access.revoke(name))) throw unknown(`there is no grant ${name}`)
    } else {
      const roles = (await access.list()).find(({ principal }) => principal === name)?.roles ?? []
      if (!roles.includes(role)) throw unknown(`${name} does not have the role ${role}`)
      await access.setRoles(
        name,
        roles.filter((each) => each !== role),
      )
    }
    if (terminal.json) await terminal.printJson({ revoked: name, role })
    else
      terminal.note(
        role === undefined ? `grant ${name} is revoked` : `${name} has no longer the role ${role}`,
      )
  },
}

function unknown(message: string): ForgeError {
  return new ForgeError('ACCESS_UNKNOWN', message)
}
