import { setTimeout as delay } from 'node:timers/promises'
import { isForgeError } from '@forgeone/common'
import type { ConnectedForge, ForgeStatistics } from '@forgeone/storage-manager'
import type { Command } from '../../program/command.ts'
import { numberOption } from '../../program/parse-arguments.ts'
import type { StoreAccess } from '../../program/store-access.ts'
import { formatBytes, formatCount, formatRatio } from '../../render/quantities.ts'
import { renderTable } from '../../render/table.ts'
import type { Terminal } from '../../render/terminal.ts'

const INTERVAL_SECONDS_MAX = 3600
const TOPICS_SHOWN = 15
/** Leaves and enters the terminal's second screen, so that what stood there comes back. */
const ENTER_SCREEN = '\u001B[?1049h\u001B[?25l'
const LEAVE_SCREEN = '\u001B[?25h\u001B[?1049l'
const HOME_AND_CLEAR = '\u001B[H\u001B[J'

/** What one look at the store saw. */
interface Sample {
  readonly atMs: number
  readonly entries: number
  readonly rawBytes: number
  readonly bytesOnDisk: number
  readonly commits: number
  readonly state: string
  readonly unappliedBytes: number
  readonly background: ForgeStatistics['background']
  readonly topics: readonly {
    readonly stream: string
    readonly topic: string
    readonly count: number
    readonly rawBytes: number
    readonly storedBytes: number
  }[]
  readonly groups: readonly { readonly group: string; readonly lag: number; readonly inFlight: number }[]
}

export const top: Command = {
  name: 'top',
  summary: 'Watch a store: rates, topics, lag of groups, bytes, state',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {
    interval: {
      type: 'string',
      short: 'i',
      value: 'SECONDS',
      description: 'between two looks; 1 by default',
    },
    count: { type: 'string', short: 'c', value: 'N', description: 'stop after N looks' },
  },
  examples: ['forge top --data ./data', 'forge top --json --count 1 --data ./data'],
  async run({ options, terminal, store, signal }) {
    const seconds = numberOption(options, 'interval', { min: 1, max: INTERVAL_SECONDS_MAX }) ?? 1
    const isLive = terminal.isInteractive
    // Where nobody watches, one look is what a script wants.
    const looks =
      numberOption(options, 'count', { min: 1, max: Number.MAX_SAFE_INTEGER }) ??
      (isLive || terminal.json ? Number.POSITIVE_INFINITY : 1)
    const access = await store.remember()
    if (isLive) await terminal.draw(ENTER_SCREEN)
    try {
      let before: Sample | undefined
      for (let look = 0; look < looks && !signal.aborted; look++) {
        if (look > 0) await delay(seconds * 1000, undefined, { signal }).catch(() => undefined)
        if (signal.aborted) break
        // A store has one user at a time: it is opened for the moment of the look, so that others can write between.
        const sample = await lookUnlessLocked(access, before)
        if (sample === undefined) continue
        if (terminal.json) await terminal.printJson({ ...sample, ...ratesOf(sample, before) })
        else await terminal.draw((isLive ? HOME_AND_CLEAR : '') + render(terminal, sample, before))
        before = sample
      }
    } finally {
      if (isLive) await terminal.draw(LEAVE_SCREEN)
    }
  },
}

/** A store that somebody else uses just now is looked at later; the first look tells who it is. */
async function lookUnlessLocked(
  access: StoreAccess,
  before: Sample | undefined,
): Promise<Sample | undefined> {
  try {
    return await lookAt(await access.open())
  } catch (error) {
    if (before !== undefined && isForgeError(error, 'STORE_LOCKED')) return undefined
    throw error
  }
}

async function lookAt(forge: ConnectedForge): Promise<Sample> {
  await using open = forge
  const stats = await open.stats()
  const unapplied = (await open.metrics()).get('unapplied_bytes')
  const groups = []
  for (const { name, inFlight } of await open.events.groups.list()) {
    const { entries } = await open.events.groups.lag(name)
    groups.push({ group: name, lag: entries, inFlight })
  }
  return {
    atMs: Date.now(),
    entries: stats.entries,
    rawBytes: stats.rawBytes,
    bytesOnDisk: stats.bytesOnDisk,
    commits: stats.commits,
    state: stats.state,
    background: stats.background,
    unappliedBytes: typeof unapplied === 'number' ? unapplied : 0,
    topics: stats.topics.map(({ stream, topic, count, rawBytes, storedBytes }) => ({
      stream,
      topic,
      count,
      rawBytes,
      storedBytes,
    })),
    groups,
  }
}

function ratesOf(
  sample: Sample,
  before: Sample | undefined,
): { readonly entriesPerSecond: number; readonly bytesPerSecond: number } {
  const seconds = before === undefined ? 0 : (sample.atMs - before.atMs) / 1000
  if (before === undefined || seconds <= 0) return { entriesPerSecond: 0, bytesPerSecond: 0 }
  return {
    entriesPerSecond: Math.round((sample.entries - before.entries) / seconds),
    bytesPerSecond: Math.round((sample.rawBytes - before.rawBytes) / seconds),
  }
}

function render(terminal: Terminal, sample: Sample, before: Sample | undefined): string {
  const { entriesPerSecond, bytesPerSecond } = ratesOf(sample, before)
  const head = [
    `${terminal.style('forge top', 'bold')}  ${new Date(sample.atMs).toISOString()}  ${sample.state}`,
    `${formatCount(sample.entries)} entries  ${formatCount(entriesPerSecond)}/s  ${formatBytes(bytesPerSecond)}/s  ` +
      `${formatCount(sample.commits)} commits`,
    `${formatBytes(sample.rawBytes)} raw, ${formatBytes(sample.bytesOnDisk)} on disk ` +
      `(${formatRatio(sample.rawBytes, sample.bytesOnDisk)})`,
    '',
  ].join('\n')
  const known = new Map(before?.topics.map((topic) => [`${topic.stream} ${topic.topic}`, topic.count]))
  const grown = (topic: Sample['topics'][number]): number =>
    before === undefined ? 0 : topic.count - (known.get(`${topic.stream} ${topic.topic}`) ?? 0)
  const busiest = sample.topics
    .toSorted((left, right) => grown(right) - grown(left) || right.count - left.count)
    .slice(0, TOPICS_SHOWN)
  const topics = renderTable(
    terminal,
    [
      { title: 'topic' },
      { title: 'stream' },
      { title: 'entries', align: 'right' },
      { title: 'new', align: 'right' },
      { title: 'raw', align: 'right' },
      { title: 'ratio', align: 'right' },
    ],
    busiest.map((topic) => [
      topic.topic,
      topic.stream,
      formatCount(topic.count),
      formatCount(grown(topic)),
      formatBytes(topic.rawBytes),
      formatRatio(topic.rawBytes, topic.storedBytes),
    ]),
  )
  if (sample.groups.length === 0) return `${head}\n${topics}`
  const groups = renderTable(
    terminal,
    [{ title: 'group' }, { title: 'lag', align: 'right' }, { title: 'in flight', align: 'right' }],
    sample.groups.map(({ group, lag, inFlight }) => [group, formatCount(lag), formatCount(inFlight)]),
  )
  return `${head}\n${topics}\n${groups}`
}
