import { ForgeError } from '@forgeone/common'

/** A hanging LevelDB must not keep a process from ending. */
const CLOSE_MS_MAX = 10_000

/** @throws DATABASE_DAMAGED when it does not close in time */
export async function closeInTime(database: {
  readonly name?: string
  close(): Promise<void>
}): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new ForgeError('DATABASE_DAMAGED', `${database.name} does not close`)),
      CLOSE_MS_MAX,
    )
  })
  try {
    await Promise.race([database.close(), late])
  } finally {
    clearTimeout(timer)
  }
}
