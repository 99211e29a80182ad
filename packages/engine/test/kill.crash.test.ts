import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { SeededRandom, utf8Decode } from '@forgeone/common'
import { afterAll, expect, test } from 'vitest'
import { LocalStore, verifyStore } from '../src/index.ts'
import { testProvider } from './model.ts'
import { LONG_TIER } from './tier.ts'
import { DATABASES, DELETE_AFTER, HOT_KEYS, plannedRows } from './victims/protocol.ts'

const KILLS = LONG_TIER ? 500 : 5
/** A store grows with every kill, and so does the time to check it. */
const KILLS_PER_STORE = 5
const SEED = Number(process.env['FORGE_TEST_SEED'] ?? Date.now() % 1_000_000)
const VICTIM = join(import.meta.dirname, 'victims', 'write-forever.ts')

const folder = mkdtempSync(join(tmpdir(), 'forge-kill-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Witness {
  readonly intents: readonly number[]
  readonly acknowledged: readonly number[]
  readonly opened: boolean
}

/** Starts a victim, waits for `until`, then a while, and kills it. */
async function killed(
  path: string,
  o: { first: number; until: string; delayMs: number; durability: string },
): Promise<Witness> {
  const args = ['--conditions=@forgeone/source', VICTIM, path, String(o.first), o.durability]
  const victim = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  victim.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  victim.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const ended = once(victim, 'close')
  while (!output.includes(`${o.until}\n`)) {
    if (victim.exitCode !== null) throw new Error(`the victim failed by itself: ${errors}`)
    await setTimeout(1)
  }
  await setTimeout(o.delayMs)
  victim.kill('SIGKILL')
  await ended
  if (victim.signalCode !== 'SIGKILL') throw new Error(`the victim failed by itself: ${errors}`)
  // A line that the kill cut short was never a promise.
  const lines = output.split('\n').slice(0, -1)
  const numbers = (word: string): number[] =>
    lines.filter((line) => line.startsWith(word)).map((line) => Number(line.slice(word.length)))
  return { intents: numbers('intent '), acknowledged: numbers('ack '), opened: lines.includes('open') }
}

async function readAll(store: LocalStore): Promise<Map<string, string>> {
  const rows = new Map<string, string>()
  for (const database of DATABASES) {
    for await (const page of store.scan(database, {})) {
      for (const { key, value } of page) rows.set(`${database}/${utf8Decode(key)}`, utf8Decode(value))
    }
  }
  return rows
}

/** The rows that a store has when exactly these commits were applied, in this order. */
function expectedRows(commits: readonly number[]): Map<string, string> {
  const rows = new Map<string, string>()
  for (const number of commits) {
    for (const { database, key, value } of plannedRows(number)) rows.set(`${database}/${key}`, value)
    if (number > DELETE_AFTER) rows.delete(`beta/n/${String(number - DELETE_AFTER).padStart(9, '0')}`)
  }
  return rows
}

/** Places at which two states differ. */
function difference(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): string[] {
  return [...new Set([...left.keys(), ...right.keys()])].filter(
    (place) => left.get(place) !== right.get(place),
  )
}

async function survivors(store: LocalStore): Promise<number[]> {
  const present: number[] = []
  for await (const page of store.scan('alpha', {}, { keysOnly: true })) {
    for (const { key } of page) {
      const name = utf8Decode(key)
      if (name.startsWith('n/')) present.push(Number(name.slice(2)))
    }
  }
  return present
}

test(`${KILLS} processes killed while they commit lose no acknowledged commit and leave none in part`, async () => {
  console.log(`seed ${SEED} (set FORGE_TEST_SEED to repeat)`)
  const random = new SeededRandom(SEED)
  let path = ''
  let first = 1
  let acknowledged: number[] = []
  let acknowledgedTotal = 0
  let tried = new Set<number>()
  let [double, replayed, torn] = [0, 0, 0]
  const open = (): Promise<LocalStore> =>
    LocalStore.open({ path, databases: DATABASES, provider: testProvider() })
  for (let kill = 0; kill < KILLS; kill++) {
    if (kill % KILLS_PER_STORE === 0) {
      path = join(folder, `store-${kill}`)
      acknowledgedTotal += acknowledged.length
      ;[first, acknowledged, tried] = [1, [], new Set()]
    }
    // In the default mode an acknowledgement survives a kill with either durability: the page cache does.
    const durability = kill % 3 === 2 ? 'relaxed' : 'sync'
    const witness = await killed(path, { first, until: 'open', delayMs: 1 + random.below(500), durability })
    if (kill % 5 === 4) {
      const again = await killed(path, {
        first: first + witness.intents.length,
        until: 'opening',
        delayMs: 1 + random.below(40),
        durability,
      })
      for (const number of again.intents) tried.add(number)
      acknowledged = [...acknowledged, ...again.acknowledged]
      double++
    }
    for (const number of witness.intents) tried.add(number)
    acknowledged = [...acknowledged, ...witness.acknowledged]

    const store = await open()
    replayed += store.recovery.commitsReplayed
    if (store.recovery.tornTail !== undefined) torn++
    const present = await survivors(store)
    const presentSet = new Set(present)
    expect(
      acknowledged.filter((number) => !presentSet.has(number)),
      `kill ${kill}: lost`,
    ).toEqual([])
    expect(
      present.filter((number) => !tried.has(number)),
      `kill ${kill}: invented`,
    ).toEqual([])
    const rows = await readAll(store)
    expect(difference(rows, expectedRows(present)), `kill ${kill}`).toEqual([])
    expect((await verifyStore(store)).problems).toEqual([])
    await store.close()

    const second = await open()
    expect(second.recovery).toMatchObject({ cleanClose: true, commitsReplayed: 0, tornTail: undefined })
    expect(difference(await readAll(second), rows), 'a second open changes nothing').toEqual([])
    await second.close()
    first = Math.max(first, ...tried) + 1 + HOT_KEYS
  }
  console.log(
    `kills ${KILLS + double} (${double} during recovery), commits acknowledged ${acknowledgedTotal + acknowledged.length}, replayed ${replayed}, torn tails ${torn}`,
  )
}, 3_600_000)
