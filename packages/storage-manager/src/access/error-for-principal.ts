import { ForgeError, isForgeError } from '@forgeone/common'

/** An error without the names of others: the topics of a group, say, are known to who may list them. */
export function forPrincipal(error: unknown): unknown {
  if (!isForgeError(error, 'STREAM_GROUP_EXISTS')) return error
  return new ForgeError(error.code, 'a group of this name exists with other topics or another order')
}

/** The same for what a promise rejects with. */
export async function settledForPrincipal<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise
  } catch (error) {
    throw forPrincipal(error)
  }
}
