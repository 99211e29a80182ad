import { ForgeError } from '@forgeone/common'

/** A hanging LevelDB must not keep a process from ending. */
const CLOSE_MS_MAX = 10_000

interface Closable {
  readonly name?: string
  close(): Promise<void>
}

/** What is closed already ignores it. */
export async function closeAll(o: {
  readonly journal: Closable
  readonly databases: readonly Closable[]
  readonly shredKeys: Promise<Closable> | undefined
}): Promise<void> {
  await Promise.allSettled([
    o.journal.close(),
    ...o.databases.map(closeInTime),
    o.shredKeys?.then(closeInTime),
  ])
}

/** @throws DATABASE_DAMAGED when it does not close in time */
export async function closeInTime(database: Closable): Promise<void> {
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
