import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { SeededRandom } from '@forgeone/common'
import { afterAll, expect, inject, test } from 'vitest'

const EVENTS = 400
const POISON = 250
/** Kills from outside; the poison makes three more. */
const KILLS = inject('isLongTier') ? 30 : 2
const LIVES_MAX = 20
const SEED = Number(process.env['FORGE_TEST_SEED'] ?? Date.now() % 1_000_000)
const VICTIM = join(import.meta.dirname, 'victims', 'consume-until-killed.ts')

const folder = mkdtempSync(join(tmpdir(), 'forge-group-kill-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** One life of the consumer: the lines it wrote whole. */
async function live(path: string, killAfterMs: number | undefined): Promise<readonly string[]> {
  const args = ['--conditions=@forgeone/source', VICTIM, path, String(EVENTS), String(POISON)]
  const victim = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  victim.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = once(victim, 'close')
  if (killAfterMs !== undefined) {
    while (!output.includes('open\n') && victim.exitCode === null) await setTimeout(1)
    await setTimeout(killAfterMs)
    victim.kill('SIGKILL')
  }
  await ended
  return output.split('\n').slice(0, -1)
}

test('a consumer killed again and again has every effect once, and an event that kills it becomes a dead letter', async () => {
  const random = new SeededRandom(SEED)
  const lines: string[] = []
  for (let life = 0; life < LIVES_MAX && lines.at(-1) !== 'done'; life++)
    lines.push(...(await live(folder, life < KILLS ? random.below(60) : undefined)))
  const where = `FORGE_TEST_SEED=${SEED}`
  expect(lines.at(-1), where).toBe('done')
  const attempts = new Map<string, number>()
  for (const line of lines) {
    const [word, number, attempt] = line.split(' ')
    if (word !== 'got') continue
    expect(Number(attempt), `${where}: attempts of ${number}`).toBeGreaterThan(attempts.get(number!) ?? 0)
    attempts.set(number!, Number(attempt))
  }
  const numbers = (word: string): number[] =>
    lines
      .filter((line) => line.startsWith(`${word} `))
      .map((line) => Number(line.split(' ')[1]))
      .sort((left, right) => left - right)
  const effects = numbers('effect')
  const dead = numbers('dead')
  // What was acked has its effect, and everything ends in one of both places, once.
  expect(effects, where).toEqual(expect.arrayContaining(numbers('ack')))
  expect(
    [...effects, ...dead].sort((left, right) => left - right),
    where,
  ).toEqual(Array.from({ length: EVENTS }, (_, n) => n))
  expect(dead, where).toContain(POISON)
})
