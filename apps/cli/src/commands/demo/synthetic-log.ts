import { SeededRandom } from '@forgeone/common'

export const SYNTHETIC_SEED = 20_260_101

const LINES_EACH = 40_000
const START_MS = Date.UTC(2026, 0, 1)
const PATHS = ['/', '/login', '/api/orders', '/api/orders/7', '/static/app.js', '/search?q=disk', '/health']
const AGENTS = ['Mozilla/5.0 (X11; Linux x86_64)', 'curl/8.5.0', 'kube-probe/1.31']
const MESSAGES = [
  'connection accepted from {ip}',
  'query took {n} ms',
  'cache miss for key user:{n}',
  'disk usage of /dev/sda1 at {n} percent',
  'retrying request {id} after timeout',
  'job {id} finished in {n} ms',
]

export interface SyntheticFile {
  readonly name: string
  readonly text: string
}

/** Three logs as servers write them; the same for the same seed. */
export function syntheticLog(seed: number): readonly SyntheticFile[] {
  const random = new SeededRandom(seed)
  return [
    { name: 'synthetic-access.log', text: lines(random, accessLine) },
    { name: 'synthetic-system.log', text: lines(random, systemLine) },
    { name: 'synthetic-service.jsonl', text: lines(random, jsonLine) },
  ]
}

type LineWriter = (random: SeededRandom, atMs: number) => string

function lines(random: SeededRandom, write: LineWriter): string {
  const parts: string[] = []
  let atMs = START_MS
  for (let index = 0; index < LINES_EACH; index++) {
    atMs += random.below(2000)
    parts.push(write(random, atMs))
  }
  return `${parts.join('\n')}\n`
}

function pick<T>(random: SeededRandom, list: readonly T[]): T {
  return list[random.below(list.length)]!
}

function address(random: SeededRandom): string {
  return `10.${random.below(4)}.${random.below(256)}.${random.below(256)}`
}

function message(random: SeededRandom): string {
  return pick(random, MESSAGES)
    .replace('{ip}', address(random))
    .replace('{n}', String(random.below(1000)))
    .replace('{id}', random.below(2 ** 31).toString(16))
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function accessLine(random: SeededRandom, atMs: number): string {
  const [date = '', time = ''] = new Date(atMs).toISOString().split(/[T.]/)
  const [year = '', month = '', day = ''] = date.split('-')
  const status = pick(random, [200, 200, 200, 200, 304, 404, 500])
  const stamp = `${day}/${MONTHS[Number(month) - 1]}/${year}:${time} +0000`
  return `${address(random)} - - [${stamp}] "GET ${pick(random, PATHS)} HTTP/1.1" ${status} ${random.below(50_000)} "-" "${pick(random, AGENTS)}"`
}

function systemLine(random: SeededRandom, atMs: number): string {
  const at = new Date(atMs)
  const stamp = `${MONTHS[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2)} ${at.toISOString().slice(11, 19)}`
  return `${stamp} node${random.below(3)} appd[${1000 + random.below(9)}]: ${message(random)}`
}

function jsonLine(random: SeededRandom, atMs: number): string {
  const level = pick(random, ['info', 'info', 'info', 'debug', 'warn', 'error'])
  return JSON.stringify({
    time: new Date(atMs).toISOString(),
    level,
    msg: message(random),
    trace: random.below(2 ** 31).toString(16),
  })
}
