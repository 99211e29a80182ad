import { ForgeError } from '@forgeone/common'
import type { EntryRow } from '../entry/validate.ts'

/** `none`: the topic has no entry yet; `exists`: it has one; a number: it has exactly so many. A map for several topics. */
export type VersionCondition = number | 'none' | 'exists'
export type ExpectedVersion = VersionCondition | ReadonlyMap<string, VersionCondition>

/** @throws STREAM_VERSION_CONFLICT with `details.actual`, STREAM_VALUE_INVALID */
export function assertExpectedVersions(
  expected: ExpectedVersion | undefined,
  rows: readonly EntryRow[],
  versionOf: (topic: string) => number,
): void {
  if (expected === undefined) return
  if (typeof expected === 'object') {
    for (const [topic, condition] of expected) assertOne(condition, versionOf(topic))
    return
  }
  const topics = new Set(rows.map((row) => row.topic))
  if (topics.size > 1)
    throw new ForgeError(
      'STREAM_VALUE_INVALID',
      'expectedVersion must be a map when several topics are named',
    )
  for (const topic of topics) assertOne(expected, versionOf(topic))
}

function assertOne(condition: VersionCondition, actual: number): void {
  const holds =
    condition === 'none' ? actual === 0 : condition === 'exists' ? actual > 0 : actual === condition
  if (holds) return
  throw new ForgeError(
    'STREAM_VERSION_CONFLICT',
    `the topic has version ${actual}, expected was ${condition}`,
    {
      details: { actual, expected: condition, field: 'expectedVersion' },
    },
  )
}
