import { ForgeError } from '@forgeone/common'

/** How urgent an event is, from least to most. */
export type EventPriority = 'low' | 'normal' | 'high' | 'critical'

/** Names of all priorities; the stored byte is the place in this list. Frozen. */
export const PRIORITIES: readonly EventPriority[] = ['low', 'normal', 'high', 'critical']

/** The stored byte of a priority, 0 to 3. @throws STREAM_VALUE_INVALID when the name is none */
export function priorityCode(priority: EventPriority): number {
  const code = PRIORITIES.indexOf(priority)
  if (code === -1) throw unknownPriority('name')
  return code
}

/** The priority of a stored byte. @throws STREAM_VALUE_INVALID when no priority has it */
export function priorityFromCode(code: number): EventPriority {
  const priority = PRIORITIES[code]
  if (priority === undefined) throw unknownPriority('code')
  return priority
}

/** Reads a priority in any case. @throws STREAM_VALUE_INVALID naming the valid ones */
export function parsePriority(text: string): EventPriority {
  const wanted = typeof text === 'string' ? text.trim().toLowerCase() : ''
  const priority = PRIORITIES.find((name) => name === wanted)
  if (priority === undefined) throw unknownPriority('name')
  return priority
}

function unknownPriority(what: 'name' | 'code'): ForgeError {
  return new ForgeError('STREAM_VALUE_INVALID', `unknown priority ${what}; use ${PRIORITIES.join(', ')}`, {
    details: { field: 'priority', valid: PRIORITIES },
  })
}
