import type { ConnectedForge } from '@forgeone/storage-manager'
import type { GroupInfo } from '@forgeone/streams'
import { startProgram } from '../../program/child-program.ts'
import { EXIT } from '../../program/exit-codes.ts'
import { formatCountOf } from '../../render/quantities.ts'
import type { Terminal } from '../../render/terminal.ts'

/** How long a program may take over one event: a program that hangs is ended by whoever started the command. */
const PROGRAM_MS_MAX = 24 * 60 * 60 * 1000

type Subscription = Awaited<ReturnType<ConnectedForge['events']['subscribe']>>
type Delivery = Awaited<ReturnType<Subscription['nextBatch']>>[number]

export interface Consuming {
  readonly subscription: Subscription
  /** As it is now; undefined where the first delivery makes it. */
  readonly groupNow: () => Promise<GroupInfo | undefined>
  readonly limit: number
  readonly terminal: Terminal
  readonly signal: AbortSignal
}

/**
 * Runs a program once an event: an exit code of 0 acks it, any other gives it back to the group.
 * @returns the exit code of the command
 */
export async function runForEach(o: Consuming & { readonly words: readonly string[] }): Promise<number> {
  let acked = 0
  let givenBack = 0
  let givenUp = 0
  while (acked + givenBack + givenUp < o.limit) {
    o.signal.throwIfAborted()
    const [delivery] = await o.subscription.nextBatch(1, { wait: false })
    if (delivery === undefined) break
    await delivery.extend(PROGRAM_MS_MAX)
    const code = await runOnce(o.words, delivery, o.signal)
    if (code === 0) {
      await delivery.ack()
      acked += 1
    } else {
      await delivery.nack({ reason: `${o.words[0]} ended with exit code ${code}` })
      if (delivery.attempt >= ((await o.groupNow())?.maxDeliveries ?? Number.POSITIVE_INFINITY)) givenUp += 1
      else givenBack += 1
    }
  }
  if (acked + givenBack + givenUp === 0) await noteNoEvents(o)
  else if (!o.terminal.json) o.terminal.note(formatCountOf(acked, 'event', 'events'))
  if (givenBack + givenUp === 0) return EXIT.ok
  if (givenBack > 0)
    o.terminal.note(`${formatCountOf(givenBack, 'event', 'events')} given back, to be tried again`)
  if (givenUp > 0)
    o.terminal.note(
      `${formatCountOf(givenUp, 'event has', 'events have')} become dead letters: that was the last attempt (see \`forge events read '$dead.*'\`)`,
    )
  return EXIT.failed
}

/** Nothing came: there is nothing, or the group gives out nothing now. */
export async function noteNoEvents({
  terminal,
  groupNow,
}: Pick<Consuming, 'terminal' | 'groupNow'>): Promise<void> {
  const group = await groupNow()
  terminal.note(
    group?.paused === true
      ? `no events: the group is paused (\`forge groups resume ${group.name}\`)`
      : 'no events',
  )
}

async function runOnce(words: readonly string[], delivery: Delivery, signal: AbortSignal): Promise<number> {
  const { child, ended } = startProgram({ words, stdio: ['pipe', 'inherit', 'inherit'] })
  const stop = (): void => void child.kill('SIGTERM')
  signal.addEventListener('abort', stop)
  // A program need not read what it is given.
  child.stdin!.on('error', () => undefined).end(`${JSON.stringify(delivery.entry)}\n`)
  try {
    return await ended
  } catch (error) {
    // It never ran: the next one may try at once.
    await delivery.nack({ delayMs: 0, reason: `${words[0]} could not be run` })
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
