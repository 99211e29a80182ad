/** What decides where a run stands among the leaves of its commit's tree. */
export interface RunOrder {
  readonly database: string
  readonly topicId: number
}

/** The order of the leaves; runs of one topic in one shard stay in the order of their blocks. */
export function compareRuns(left: RunOrder, right: RunOrder): number {
  if (left.database !== right.database) return left.database < right.database ? -1 : 1
  return left.topicId - right.topicId
}
