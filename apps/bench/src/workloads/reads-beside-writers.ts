import { Forge } from '@forgeone/storage-manager'
import { median, type ResultRow } from '../report/result-row.ts'
import { collectGarbage, withDirectory, type Workload } from './workload.ts'

const KEY = new Uint8Array(32).fill(7)
const WRITERS = 64
const MEASURED_MS = 2000
const TIMER_MS = 5
const ENTRIES = 20_000

/** Reads of each kind, one behind the other, that never wait for anything but themselves. */
const LOOPS: Readonly<Record<string, (forge: Forge) => Promise<unknown>>> = {
  'settings.get': async (forge) => await forge.settings.get('a.setting'),
  'settings.list': async (forge) => await forge.settings.list(),
  'vault.info': async (forge) => await forge.vault.info('a/secret'),
  'logs.read': async (forge) => await forge.logs.read({ topic: 'filled', limit: 100 }).toArray(),
  'logs.search': async (forge) => await forge.logs.search('"line 777"').toArray(),
  'events.read': async (forge) => await forge.events.read({ topic: 'filled', limit: 100 }).toArray(),
  'audit.query': async (forge) => {
    let leaves = 0
    for await (const { index } of forge.audit.query({ limit: 20 })) leaves += index
    return leaves
  },
}

/** Whether what reads without a pause leaves room for writers and timers. */
export const readsBesideWriters: Workload = {
  name: 'reads-beside-writers',
  summary: 'a loop of reads of each kind beside 64 writers: what the writers and a timer of 5 ms still get',
  async run({ runs }) {
    return await withDirectory(async (path) => {
      await using forge = await Forge.open({ path, secret: { key: KEY } })
      await fill(forge)
      const measured = new Map(
        Object.keys(LOOPS).map((name) => [name, { writes: [], shares: [], ticks: [] } as Measured]),
      )
      for (let run = 0; run < runs; run++) {
        for (const [name, read] of Object.entries(LOOPS)) {
          // In pairs, since the store grows: alone first, and in the next run last.
          const order = run % 2 === 0 ? [undefined, read] : [read, undefined]
          let [alone, beside] = [0, 0]
          for (const loop of order) {
            const { writes, ticks } = await measure(forge, loop)
            if (loop === undefined) alone = writes
            else {
              beside = writes
              measured.get(name)!.ticks.push(ticks)
            }
          }
          measured.get(name)!.writes.push(beside)
          measured.get(name)!.shares.push(beside / alone)
        }
      }
      const base = { workload: 'reads-beside-writers', engine: 'forgeone', ratio: null }
      const rows: ResultRow[] = []
      for (const [name, { writes, shares, ticks }] of measured) {
        const value = (median(writes) * 1000) / MEASURED_MS
        rows.push({ ...base, metric: `writes beside ${name}`, unit: '1/s', value, ratio: median(shares) })
        rows.push({ ...base, metric: `ticks in 2 s beside ${name}`, unit: '', value: median(ticks) })
      }
      return rows
    })
  },
}

interface Measured {
  readonly writes: number[]
  /** Of what the writers do alone. */
  readonly shares: number[]
  readonly ticks: number[]
}

async function fill(forge: Forge): Promise<void> {
  await forge.settings.set('a.setting', 1)
  await forge.vault.set('a/secret', 'hidden')
  for (let first = 0; first < ENTRIES; first += 1000) {
    const numbers = Array.from({ length: 1000 }, (_, n) => first + n)
    await forge.logs.append(numbers.map((n) => ({ topic: 'filled', message: `line ${n} of many` })))
    await forge.events.append(numbers.map((n) => ({ topic: 'filled', payload: { n } })))
  }
}

async function measure(
  forge: Forge,
  read: ((forge: Forge) => Promise<unknown>) | undefined,
): Promise<{ readonly writes: number; readonly ticks: number }> {
  collectGarbage()
  const endMs = performance.now() + MEASURED_MS
  const goesOn = (): boolean => performance.now() < endMs
  let [writes, ticks] = [0, 0]
  const timer = setInterval(() => ticks++, TIMER_MS)
  const writer = async (): Promise<void> => {
    while (goesOn()) {
      await forge.logs.append({ topic: 'written', message: 'one line' })
      if (goesOn()) writes++
    }
  }
  const reader = async (): Promise<void> => {
    if (read === undefined) return
    while (goesOn()) await read(forge)
  }
  await Promise.all([reader(), ...Array.from({ length: WRITERS }, writer)])
  clearInterval(timer)
  return { writes, ticks }
}
