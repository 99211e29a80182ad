import type { EventMessage } from '../entry/entry.ts'
import { placedEvent } from '../group/placed-event.ts'
import type { StreamCore } from '../stream/stream-core.ts'
import type { ReadOptions } from '../stream/stream-options.ts'
import { toCloudEvent } from './to-cloud-event.ts'

/** Events as CloudEvents 1.0, the JSON text of one each, without line ends. */
export async function* exportCloudEvents(
  core: StreamCore<EventMessage>,
  options: ReadOptions,
): AsyncGenerator<string> {
  const { id: storeId } = core.store
  const events = core.readAs(options, (found, id) => placedEvent(found, id, core.codec))
  for await (const { event, position } of events)
    yield JSON.stringify(toCloudEvent(event, { storeId, position }))
}
