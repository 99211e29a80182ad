// Run in a process of its own: opens a store and works with all of it at once, until it is killed. One line per event, written
// synchronously, so that the test knows what was begun and what was acknowledged.

import { writeSync } from 'node:fs'
import { ForgeError, SeededRandom } from '@forgeone/common'
import { openMix, type ActResult, type Changes, type MixLine } from '../mix/mix-lines.ts'
import { callForever, type Caller } from './mix-acts.ts'
import { consumeForever, createKeyed, maintainForever } from './mix-maintenance.ts'

const CALLERS = 4
const CONSUMERS = 2
const MAINTAINERS = 3
/** Numbers of acts tell life and caller. */
const PER_LIFE = 1_000_000
const PER_CALLER = 100_000

/** What one may refuse the other by working at the same time has other codes. */
const DEFECTS =
  /^(INTERNAL|STORE_|DATABASE_|JOURNAL_|RECORD_TAMPERED|STREAM_BLOCK_DAMAGED|KEYRING_|AUDIT_|ACCESS_|VAULT_|IO_FAILED)/

const [, , path, outside, shards, lifeText, seedText] = process.argv
const life = Number(lifeText)
const seed = Number(seedText)
const say = (line: MixLine): void => void writeSync(1, `${JSON.stringify(line)}\n`)

function textOf(error: unknown): string {
  return String(error instanceof Error ? error.stack : error)
}

say({ at: 'opening' })
const forge = await openMix({ path: path!, shardCount: Number(shards), life })

function callerOf(id: number): Caller {
  let count = 0
  const act = async (
    name: string,
    changes: (n: number) => Changes,
    run: (n: number) => Promise<ActResult | void>,
  ): Promise<void> => {
    const n = life * PER_LIFE + id * PER_CALLER + ++count
    say({ at: 'begun', n, act: name, changes: changes(n) })
    try {
      const result = await run(n)
      say({ at: 'acked', n, ...(result && { result }) })
    } catch (error) {
      const isRefusal = error instanceof ForgeError && !DEFECTS.test(error.code)
      if (isRefusal) say({ at: 'refused', n, code: error.code })
      else say({ at: 'defect', n, text: `${name}: ${textOf(error)}` })
    }
  }
  const random = new SeededRandom(seed + id)
  return { forge, outside: outside!, life, id, random, erased: new Set(), act }
}

process.on('unhandledRejection', (error) => say({ at: 'defect', n: 0, text: `unhandled: ${textOf(error)}` }))
say({ at: 'open' })
const callers = Array.from({ length: CALLERS + CONSUMERS + MAINTAINERS }, (_, id) => callerOf(id))
await createKeyed(callers[CALLERS]!)
await Promise.race([
  ...callers.slice(0, CALLERS).map(callForever),
  ...callers.slice(CALLERS, CALLERS + CONSUMERS).map(consumeForever),
  ...callers.slice(CALLERS + CONSUMERS).map(maintainForever),
])
