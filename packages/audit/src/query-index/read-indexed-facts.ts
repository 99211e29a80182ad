import { parseLeaf } from '../leaf/parse-leaf.ts'
import type { IndexedFacts } from './bundle-values.ts'

const ACT = '{"act":"'
const RESOURCE = ',"res":{"c":"'
const HASH = '","h":"'
const SEQUENCE = '},"seq":'
const WHO = ',"v":1,"who":"'

/**
 * What the index has of a leaf. Leaves have one shape, so their members are found without parsing all of it; inside a
 * string no quote stands without a backslash, and a leaf with one is parsed.
 * @returns undefined for what is no leaf
 */
export function readIndexedFacts(text: string): IndexedFacts | undefined {
  if (text.includes('\\')) return parseLeaf(text)
  const action = textBetween(text, ACT.length, '"')
  const whoAt = text.lastIndexOf(WHO)
  const resourceAt = text.lastIndexOf(RESOURCE, whoAt)
  const end = text.lastIndexOf(SEQUENCE, whoAt)
  if (
    !text.startsWith(ACT) ||
    action === undefined ||
    resourceAt < 0 ||
    end < resourceAt ||
    !text.endsWith('"}')
  )
    return parseLeaf(text)
  const hashAt = text.indexOf(HASH, resourceAt)
  const hasHash = hashAt >= 0 && hashAt < end
  return {
    action,
    actor: text.slice(whoAt + WHO.length, -2),
    resourceClass: text.slice(resourceAt + RESOURCE.length, hasHash ? hashAt : end - 1),
    ...(hasHash ? { resourceHash: text.slice(hashAt + HASH.length, end - 1) } : {}),
  }
}

function textBetween(text: string, start: number, closing: string): string | undefined {
  const end = text.indexOf(closing, start)
  return end < 0 ? undefined : text.slice(start, end)
}
