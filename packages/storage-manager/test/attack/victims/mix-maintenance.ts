// What the owner of a store does beside its callers, and two readers of a group.

import { join } from 'node:path'
import type { Delivery, Subscription } from '@forgeone/streams'
import { GROUP, KEPT_ENTRIES, marks } from '../mix/mix-lines.ts'
import type { Caller } from './mix-acts.ts'

const NOTHING = (): Readonly<Record<string, never>> => ({})

type Work = (caller: Caller) => Promise<void>

/** What changes nothing that a reader of the store could see. */
function plain(name: string, run: (caller: Caller) => Promise<unknown>): Work {
  return (caller) =>
    caller.act(name, NOTHING, async () => {
      await run(caller)
    })
}

async function takeImage({ forge, outside, id, act }: Caller): Promise<void> {
  await act(
    'forge.checkpoint',
    (n) => ({ [`image/image-${id}-${n}`]: 'there' }),
    async (n) => {
      await forge.checkpoint(join(outside, `image-${id}-${n}`))
    },
  )
}

/** Of his own: that of another may be under way, and known already. */
async function forgetImage({ forge, id, act }: Caller): Promise<void> {
  const oldest = (await forge.checkpoints()).find(({ directory }) => directory.includes(`/image-${id}-`))
  if (oldest === undefined) return
  await act(
    'forge.forgetCheckpoint',
    () => ({ [`image/${oldest.directory.split('/').at(-1)}`]: null }),
    async () => {
      await forge.forgetCheckpoint(oldest.id)
    },
  )
}

async function changeRetention({ forge, id, random, act }: Caller): Promise<void> {
  // Of one caller, for one maintainer.
  const pattern = `kept.${id % 4}`
  const isSet = random.below(3) > 0
  const { topicOperations } = forge.logs
  await act(
    'topicOperations.setRetention',
    () => ({ [`rule/${pattern}`]: isSet ? String(KEPT_ENTRIES) : null }),
    async () => {
      if (isSet) await topicOperations.setRetention(pattern, { maxCount: KEPT_ENTRIES })
      else await topicOperations.removeRetention(pattern)
    },
  )
}

const WORKS: readonly Work[] = [
  takeImage,
  forgetImage,
  forgetImage,
  changeRetention,
  plain('forge.flush', ({ forge }) => forge.flush()),
  plain('logs.compact', ({ forge }) => forge.logs.compact({ level: 'fast' })),
  plain('events.compact', ({ forge }) => forge.events.compact({ level: 'fast' })),
  plain('applyRetention', ({ forge }) => forge.logs.topicOperations.applyRetention()),
  plain('compactKeys', ({ forge }) => forge.events.topicOperations.compactKeys('keyed')),
  plain('keys.rotate', ({ forge }) => forge.keys.rotate()),
  plain('keys.reseal', ({ forge }) => forge.keys.reseal({ pace: 'full' })),
  plain('keys.destroy', async ({ forge, random }) => {
    const old = forge.keys.status().keys.filter(({ state }) => state === 'decrypt-only')
    if (old.length > 0) await forge.keys.destroyUnused(old[random.below(old.length)]!.id)
  }),
  plain('forge.verify', async ({ forge }) => {
    const report = await forge.verify()
    if (!report.ok) throw new Error(`verify: ${JSON.stringify(report.problems)}`)
  }),
  ({ forge, act }) =>
    act('audit.checkpoint', NOTHING, async () => ({ note: await forge.audit.checkpoint() })),
]

export async function maintainForever(caller: Caller): Promise<never> {
  for (;;) await WORKS[caller.random.below(WORKS.length)]!(caller)
}

/** The topic whose old values of a key go; made by the first process that comes so far. */
export async function createKeyed({ forge, act }: Caller): Promise<void> {
  if (forge.events.topics('keyed').length > 0) return
  await act('topicOperations.create keyed', NOTHING, async () => {
    await forge.events.topicOperations.create('keyed', { compactBy: '/metadata/key' })
  })
}

/** Each piece of work is done once: what is done and that it was done are one commit. */
async function settle({ random, act }: Caller, delivery: Delivery): Promise<void> {
  const tag = String(delivery.entry.metadata['tag'])
  if (random.below(5) === 0)
    return await act('delivery.nack', NOTHING, () => delivery.nack({ delayMs: random.below(100) }))
  await act(
    'delivery.ack',
    (n) => ({ [`events/done/${tag}`]: String(n) }),
    async (n) => {
      const receipt = await delivery.ack({
        append: { topic: 'done', payload: { tag }, metadata: marks(n, tag) },
      })
      return { sequence: receipt!.sequence }
    },
  )
}

export async function consumeForever(caller: Caller): Promise<never> {
  const subscription: Subscription = caller.forge.events.subscribe(GROUP)
  for (;;) {
    const deliveries = await subscription.nextBatch(4)
    for (const delivery of deliveries) await settle(caller, delivery)
  }
}
