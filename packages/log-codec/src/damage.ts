import { ForgeError } from '@forgeone/common'

export function damaged(found: string): ForgeError {
  return new ForgeError('STREAM_BLOCK_DAMAGED', `a section holds ${found}`)
}
