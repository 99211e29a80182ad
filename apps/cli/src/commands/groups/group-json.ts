import { formatPosition, type GroupInfo } from '@forgeone/streams'

/** A group as scripts see it: with the position as text. */
export function groupJson({ position, ...group }: GroupInfo): Record<string, unknown> {
  return { ...group, position: formatPosition(position) }
}
