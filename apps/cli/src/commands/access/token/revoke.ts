import { ForgeError } from '@forgeone/common'
import type { Command } from '../../../program/command.ts'

export const accessTokenRevoke: Command = {
  name: 'access token revoke',
  summary: 'Make a token worthless',
  usage: 'TOKEN_ID',
  positionals: { min: 1, max: 1 },
  options: {},
  examples: ['forge access token revoke 0123456789abcdef --data ./data'],
  async run({ positionals, terminal, store }) {
    const [id] = positionals
    await using forge = await store.open()
    if (!(await forge.access.revokeToken(id!)))
      throw new ForgeError('ACCESS_UNKNOWN', `there is no token ${id}`)
    if (terminal.json) await terminal.printJson({ revoked: id })
    else terminal.note(`token ${id} is revoked`)
  },
}
