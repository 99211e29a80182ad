import { EXIT } from '../../program/exit-codes.ts'
import type { Command } from '../../program/command.ts'
import { actionOf } from './grant.ts'

export const accessCheck: Command = {
  name: 'access check',
  summary: 'Say whether a principal may do something, and by which rule; exit code 4 when not',
  usage: 'PRINCIPAL ACTION RESOURCE',
  positionals: { min: 3, max: 3 },
  options: {},
  examples: ['forge access check ann data.read events/orders/eu --data ./data'],
  async run({ positionals, terminal, store }) {
    const [principal, action, resource] = positionals
    await using forge = await store.open()
    const decision = await forge.access.check(principal!, { action: actionOf(action!), resource: resource! })
    if (terminal.json) await terminal.printJson(decision)
    else await terminal.printLine(`${decision.allowed ? 'allowed' : 'denied'} by ${decision.rule}`)
    return decision.allowed ? EXIT.ok : EXIT.denied
  },
}
