import { nearestName } from '@forgeone/common'
import { ACTIONS, type Action } from '@forgeone/storage-manager'
import type { Command } from '../../program/command.ts'
import { textOption, usageError } from '../../program/parse-arguments.ts'
import { formatHours, HOURS_OPTIONS, hoursOption } from './hours-option.ts'
import { instantOption } from './instant-option.ts'

/** What only a right has: a role is for always, and whoever asks for an end must not get one without. */
const OF_RIGHTS = ['deny', 'until', ...Object.keys(HOURS_OPTIONS), 'break-glass', 'reason'] as const

export const accessGrant: Command = {
  name: 'access grant',
  summary: 'Give a principal a role, or a right on resources; or refuse one',
  usage: 'PRINCIPAL',
  positionals: { min: 1, max: 1 },
  options: {
    role: {
      type: 'string',
      value: 'ROLE',
      description: 'reader, writer, operator, auditor, security-officer, or one of your own',
    },
    action: { type: 'string', value: 'A,…', description: 'actions such as data.read,data.list' },
    resource: { type: 'string', value: 'PATTERN', description: 'such as events/orders/**' },
    deny: { type: 'boolean', description: 'refuse instead; a refusal wins over every grant' },
    until: {
      type: 'string',
      value: 'TIME',
      description: 'when it ends: ISO 8601, or relative such as 4h from now',
    },
    ...HOURS_OPTIONS,
    'break-glass': { type: 'boolean', description: 'an emergency right: at most four hours, with --reason' },
    force: { type: 'boolean', description: 'also on resources that name no part of the store' },
    reason: { type: 'string', value: 'TEXT', description: 'kept with the grant' },
  },
  examples: [
    'forge access grant ann --action data.read --resource "events/orders/**" --hours 08:00-18:00 --days mon-fri --data ./data',
    'forge access grant ann --role reader --data ./data',
    'forge access grant ann --action data.read --resource "events/orders/**" --data ./data',
    'forge access grant role:billing --action data.read --resource "events/invoices/**" --data ./data',
  ],
  async run({ options, positionals, terminal, store }) {
    const holder = positionals[0]!
    const role = textOption(options, 'role')
    const resource = textOption(options, 'resource')
    const actions = textOption(options, 'action')?.split(',')
    if ((role === undefined) === (actions === undefined || resource === undefined)) {
      throw usageError('nothing is granted', 'Give --role, or both --action and --resource.')
    }
    const odd = role !== undefined && OF_RIGHTS.find((name) => options[name] !== undefined)
    if (odd !== undefined && odd !== false) {
      throw usageError(`a role has no --${odd}`, 'Give --action and --resource instead.')
    }
    if (resource !== undefined && options['force'] !== true) assertFacility(resource)
    const hours = hoursOption(options)
    await using forge = await store.open()
    const { access } = forge
    if (role !== undefined) {
      const roles = (await access.list()).find(({ principal }) => principal === holder)?.roles ?? []
      await access.setRoles(holder, [...roles, role])
      if (terminal.json)
        await terminal.printJson({ principal: holder, roles: [...new Set([...roles, role])] })
      else terminal.note(`${holder} has the role ${role}`)
      return
    }
    const grant = await access.grant({
      holder,
      actions: actions!.map(actionOf),
      resource: resource!,
      effect: options['deny'] === true ? 'deny' : 'allow',
      notAfter: instantOption(options, 'until'),
      hours,
      ...(options['break-glass'] === true ? { breakGlass: true } : {}),
      reason: textOption(options, 'reason'),
    })
    if (terminal.json) await terminal.printJson(grant)
    else
      terminal.note(
        `grant ${grant.id}: ${holder} ${grant.effect === 'deny' ? 'may not' : 'may'} ${actions!.join(', ')} on ${resource}${hours === undefined ? '' : `, ${formatHours(hours)}`}`,
      )
  },
}

/** What the resources of the store begin with. */
const FACILITIES = [
  'access',
  'audit',
  'cache',
  'checkpoints',
  'events',
  'flags',
  'groups',
  'images',
  'keys',
  'logs',
  'settings',
  'store',
  'subject',
  'vault',
] as const

/** A right on what is not there holds nobody back, and lets nobody in. @throws USAGE */
function assertFacility(resource: string): void {
  const first = resource.split('/')[0]!
  if (first === '*' || first === '**' || FACILITIES.some((name) => name === first)) return
  const nearest = nearestName(first, FACILITIES)
  throw usageError(
    `"${first}" names no part of the store${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
    `Resources begin with ${FACILITIES.join(', ')}. For one of your own, add --force.`,
  )
}

/** @throws USAGE */
export function actionOf(text: string): Action {
  const action = ACTIONS.find((each) => each === text)
  if (action !== undefined) return action
  throw usageError(`"${text}" is no action`, `Actions are ${ACTIONS.join(', ')}.`)
}
