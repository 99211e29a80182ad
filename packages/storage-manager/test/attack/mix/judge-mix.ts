// What is asked of a store that was reopened after a kill.

import { isForgeError } from '@forgeone/common'
import type { Forge } from '../../../src/index.ts'
import { GROUP, marks, onceEvent, onceKey } from './mix-lines.ts'
import type { Found, MixModel } from './mix-model.ts'
import { readStore } from './read-store.ts'

const REPEATED = 3
const isNews = ({ code }: { readonly code: string }): boolean => code !== 'JOURNAL_TAIL_TORN'

function worksOf(found: Found, prefix: string): string[] {
  return [...found.keys()].filter((place) => place.startsWith(prefix)).map((place) => place.split('/')[2]!)
}

/** Work that was done is settled, and no other. */
async function groupFaults(forge: Forge, found: Found): Promise<string[]> {
  const open = worksOf(found, 'events/work.').length - worksOf(found, 'events/done/').length
  const isKnown = forge.events.groups.get(GROUP.group) !== undefined
  const entries = isKnown ? (await forge.events.groups.lag(GROUP.group)).entries : open
  return entries === open ? [] : [`the group has ${entries} events to settle, and ${open} are not done`]
}

/** A signed checkpoint tells of a tree that this one begins with. */
async function auditFaults(forge: Forge, model: MixModel): Promise<string[]> {
  const faults: string[] = []
  if (forge.sequence < model.highestSequence)
    faults.push(`commit ${model.highestSequence} was acknowledged, the last is ${forge.sequence}`)
  for (const note of model.notes.slice(-REPEATED)) {
    const [, size, root] = note.split('\n')
    const found = Buffer.from(await forge.audit.rootAt(Number(size))).toString('base64')
    if (found !== root) faults.push(`the tree of ${size} leaves is another one than was signed`)
  }
  if (forge.audit.divergence !== undefined) faults.push(forge.audit.divergence.code)
  return faults
}

/** An append that is there is not made again; one that is not there is, and is there from then on. */
async function onceFaults(forge: Forge, model: MixModel, found: Found): Promise<string[]> {
  const faults: string[] = []
  for (const n of model.once.slice(-REPEATED)) {
    const event = onceEvent(n)
    const place = `events/${event.topic}/${n}`
    const { duplicate } = await forge.events.append(event, { idempotencyKey: onceKey(n) })
    if (duplicate !== found.has(place)) faults.push(`${place}: repeated, it is a duplicate: ${duplicate}`)
    model.apply({ [place]: String(n) })
    const again = await forge.events.append(event).then(() => 'appended', codeOf)
    if (again !== 'STREAM_ID_EXISTS') faults.push(`${place}: its id was taken again: ${again}`)
  }
  return faults
}

function codeOf(error: unknown): string {
  return isForgeError(error) ? error.code : String(error)
}

/** @returns what is wrong; the model goes on with what was found */
export async function judgeMix(
  forge: Forge,
  model: MixModel,
  { verify }: { readonly verify: boolean },
): Promise<string[]> {
  const { state, reasons } = forge.health()
  const faults = reasons.filter(isNews).map(({ code }) => `health: ${code}`)
  if (state !== 'healthy' && reasons.every((reason) => !isNews(reason))) faults.push(`health: ${state}`)
  for (const { id } of await forge.damagedRows()) faults.push(`damaged row ${id}`)
  const found = await readStore(forge, model)
  faults.push(...model.compare(found))
  faults.push(...(await groupFaults(forge, found)), ...(await auditFaults(forge, model)))
  faults.push(...(await onceFaults(forge, model, found)))
  if (!verify) return faults
  const { problems } = await forge.verify()
  return [...faults, ...problems.filter(isNews).map((problem) => `verify: ${JSON.stringify(problem)}`)]
}

/** Takes all that is left to do. @returns what was not done, or twice */
export async function drain(forge: Forge, model: MixModel): Promise<string[]> {
  const subscription = forge.events.subscribe(GROUP)
  // No life may have come so far as to make the group.
  await subscription.ready
  while ((await forge.events.groups.lag(GROUP.group)).entries > 0)
    for (const delivery of await subscription.nextBatch(50)) {
      const tag = String(delivery.entry.metadata['tag'])
      await delivery.ack({ append: { topic: 'done', payload: { tag }, metadata: marks(0, tag) } })
      model.apply({ [`events/done/${tag}`]: '0' })
    }
  await subscription.close()
  const found = await readStore(forge, model)
  const done = new Set(worksOf(found, 'events/done/'))
  const missing = worksOf(found, 'events/work.').filter((tag) => !done.has(tag))
  return [...model.compare(found), ...missing.map((tag) => `work ${tag} was never done`)]
}
