import { hash } from 'node:crypto'
import {
  asBuffer,
  canonicalJson,
  ForgeError,
  isForgeError,
  type AuditFacts,
  type JsonValue,
  type ObservedCommit,
} from '@forgeone/common'
import { keyIdsOf } from './key-ids.ts'
import { operationsDigest } from './operations-digest.ts'

/** What the limits of a commit's facts add up to, and room; entries of tiles may have 65,535 bytes. */
export const LEAF_BYTES_MAX = 4096

/**
 * The leaf of a commit as RFC 8785 text: its members in the one order of their names, those that are absent left out.
 * A pure function of what the journal holds. The layout stands in `docs/format.md`, "Leaf".
 * @throws AUDIT_LEAF_TOO_LARGE when facts that no store lets pass make it longer than 4,096 bytes
 */
export function encodeLeaf(commit: ObservedCommit): string {
  const { sequence, time, backMs, facts, operations, nonce } = commit
  let puts = 0
  for (const { type } of operations) if (type === 'put') puts++
  const back = backMs === undefined ? '' : `"back":${backMs},`
  let text = `{"act":${JSON.stringify(facts.action)},"at":${time},${back}"cnt":{"del":${operations.length - puts},"put":${puts}}`
  if (facts.context !== undefined) text += `,"ctx":${contextText(facts.context)}`
  if (facts.entries !== undefined)
    text += `,"ent":{"n":${facts.entries.count},"root":"${base64Url(facts.entries.root)}"}`
  if (puts > 0) {
    const ids = keyIdsOf(operations)
    if (ids.length > 0) text += `,"kid":[${ids.join(',')}]`
  }
  if (operations.length > 0) text += `,"ops":"${operationsDigest(operations)}"`
  else if (nonce !== undefined) text += `,"n":"${base64Url(nonce)}"`
  text += `,"res":${resourceText(facts)},"seq":${sequence},"v":1,"who":${JSON.stringify(facts.actor)}}`
  // A UTF-16 unit takes at most three bytes: only a long text needs measuring.
  if (text.length * 3 > LEAF_BYTES_MAX && Buffer.byteLength(text) > LEAF_BYTES_MAX)
    throw new ForgeError(
      'AUDIT_LEAF_TOO_LARGE',
      `the leaf of commit ${sequence} has ${Buffer.byteLength(text)} bytes, the limit is ${LEAF_BYTES_MAX}`,
    )
  return text
}

function resourceText({ resourceClass, resourceHash }: AuditFacts): string {
  const text = `{"c":${JSON.stringify(resourceClass)}`
  return resourceHash === undefined ? `${text}}` : `${text},"h":"${base64Url(resourceHash)}"}`
}

/** A context that is no canonical JSON object cannot stand in the leaf; its digest can, and every commit has a leaf. */
function contextText(context: string): string {
  return isCanonicalObject(context) ? context : `{"sha256":"${hash('sha256', context, 'base64url')}"}`
}

function isCanonicalObject(text: string): boolean {
  if (!text.startsWith('{')) return false
  try {
    // JSON.parse gives JSON values by definition.
    const value = JSON.parse(text) as JsonValue
    return canonicalJson(value, { code: 'AUDIT_LEAF_TOO_LARGE', what: 'the context' }) === text
  } catch (error) {
    if (error instanceof SyntaxError || isForgeError(error)) return false
    throw error
  }
}

function base64Url(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('base64url')
}
