// What one of several callers may do. Names with the number of a caller are his alone, so he knows what stands there.

import { createReadStream, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SeededRandom } from '@forgeone/common'
import type { Forge } from '../../../src/index.ts'
import {
  IMPORTED_LINES,
  importedLine,
  marks,
  onceEvent,
  onceKey,
  type ActResult,
  type Changes,
} from '../mix/mix-lines.ts'

export interface Caller {
  readonly forge: Forge
  readonly outside: string
  readonly life: number
  readonly id: number
  readonly random: SeededRandom
  /** Of his subjects of this life, those that he erased. */
  readonly erased: Set<number>
  /** Tells of an act before and after it. */
  readonly act: (
    name: string,
    changes: (n: number) => Changes,
    run: (n: number) => Promise<ActResult | void>,
  ) => Promise<void>
}

type Act = (caller: Caller) => Promise<void>

const WORDS = ['timeout', 'connection', 'reset', 'payment', 'gateway', 'retry', 'accepted']
const ROLES = ['reader', 'writer', 'operator', 'auditor']

/** So many versions of a secret, and then it is purged: older ones would be erased by themselves. */
const VERSIONS = 8
/** Of one caller, at a time. */
const SECRETS = 2

const written = (
  stream: string,
  places: readonly (readonly [topic: string, tag: string])[],
  n: number,
): Changes => Object.fromEntries(places.map(([topic, tag]) => [`${stream}/${topic}/${tag}`, String(n)]))

async function appendLogs({ forge, random, act }: Caller): Promise<void> {
  const topics = Array.from({ length: 1 + random.below(3) }, () => `app.${'abc'[random.below(3)]}`)
  const tags = (n: number): [string, string][] => topics.map((topic, index) => [topic, `${n}.${index}`])
  await act(
    'logs.append',
    (n) => written('logs', tags(n), n),
    async (n) => {
      const entries = tags(n).map(([topic, tag]) => ({
        topic,
        message: `${tag} ${WORDS[n % WORDS.length]} `.repeat(1 + random.below(10)),
        metadata: marks(n, tag),
      }))
      return { sequence: (await forge.logs.append(entries)).sequence }
    },
  )
}

async function appendOnce({ forge, act }: Caller): Promise<void> {
  await act(
    'events.append once',
    (n) => written('events', [[onceEvent(n).topic, String(n)]], n),
    async (n) => {
      const { sequence } = await forge.events.append(onceEvent(n), { idempotencyKey: onceKey(n) })
      return { sequence }
    },
  )
}

/** Several callers want to be the next of one topic. */
async function appendNext({ forge, random, act }: Caller): Promise<void> {
  const topic = `versioned.${random.below(2)}`
  const version = forge.events.topics(topic)[0]?.version ?? 0
  const tag = `v${version}`
  await act(
    'events.append next',
    (n) => written('events', [[topic, tag]], n),
    async (n) => {
      const event = { topic, payload: n, metadata: marks(n, tag) }
      const expectedVersion = version === 0 ? 'none' : version
      return { sequence: (await forge.events.append(event, { expectedVersion })).sequence }
    },
  )
}

async function appendWork({ forge, id, random, act }: Caller): Promise<void> {
  const topic = `work.${id}`
  const count = 1 + random.below(3)
  const tags = (n: number): string[] => Array.from({ length: count }, (_, index) => `${n}.${index}`)
  await act(
    'events.append work',
    (n) =>
      written(
        'events',
        tags(n).map((tag) => [topic, tag] as const),
        n,
      ),
    async (n) => {
      const events = tags(n).map((tag) => ({ topic, payload: { tag }, metadata: marks(n, tag) }))
      return { sequence: (await forge.events.append(events)).sequence }
    },
  )
}

async function appendKeyed({ forge, id, random, act }: Caller): Promise<void> {
  const key = `${id}-${random.below(3)}`
  await act(
    'events.append keyed',
    (n) => written('events', [['keyed', `${key}:${n}`]], n),
    async (n) => {
      await forge.events.append({
        topic: 'keyed',
        payload: { n },
        metadata: { ...marks(n, `${key}:${n}`), key },
      })
    },
  )
}

async function appendKept({ forge, id, act }: Caller): Promise<void> {
  const topic = `kept.${id}`
  await act(
    'logs.append kept',
    (n) => written('logs', [[topic, String(n)]], n),
    async (n) => {
      await forge.logs.append({ topic, message: `kept ${n}`, metadata: marks(n, String(n)) })
    },
  )
}

async function changeSetting({ forge, id, random, act }: Caller): Promise<void> {
  const name = `mix.${id}.${random.below(4)}`
  const isSet = random.below(4) > 0
  await act(
    'settings',
    (n) => ({ [`setting/${name}`]: isSet ? String(n) : null }),
    async (n) => {
      await (isSet ? forge.settings.set(name, n) : forge.settings.delete(name))
    },
  )
}

async function changeFlag({ forge, id, act }: Caller): Promise<void> {
  const name = `flag-${id}`
  await act(
    'flags.set',
    (n) => ({ [`flag/${name}`]: String(n % 101) }),
    (n) => forge.flags.set(name, { enabled: true, percent: n % 101 }),
  )
}

async function changeRoles({ forge, id, random, act }: Caller): Promise<void> {
  const principal = `p-${id}`
  const roles = ROLES.filter(() => random.below(2) === 0)
  await act(
    'access.setRoles',
    () => ({ [`roles/${principal}`]: roles.length > 0 ? roles.join() : null }),
    () => forge.access.setRoles(principal, roles),
  )
}

async function changeGrants({ forge, id, random, act }: Caller): Promise<void> {
  const held = forge.access.list().filter(({ principal }) => principal.startsWith(`h-${id}-`))
  const [old] = held.length > 5 || random.below(3) === 0 ? held : []
  if (old !== undefined)
    return await act(
      'access.revoke',
      () => ({ [`grant/${old.principal}`]: null }),
      async () => {
        await forge.access.revoke(old.grants[0]!.id)
      },
    )
  const holder = (n: number): string => `h-${id}-${n}`
  await act(
    'access.grant',
    (n) => ({ [`grant/${holder(n)}`]: 'data.read' }),
    async (n) => {
      await forge.access.grant({ holder: holder(n), actions: ['data.read'], resource: 'events/x' })
    },
  )
}

async function changeTokens({ forge, id, random, act }: Caller): Promise<void> {
  const held = forge.access.tokens().filter(({ principal }) => principal.startsWith(`t-${id}-`))
  const [old] = held.length > 5 || random.below(3) === 0 ? held : []
  if (old !== undefined)
    return await act(
      'access.revokeToken',
      () => ({ [`token/${old.principal}`]: null }),
      async () => {
        await forge.access.revokeToken(old.id)
      },
    )
  const principal = (n: number): string => `t-${id}-${n}`
  await act(
    'access.createToken',
    (n) => ({ [`token/${principal(n)}`]: 'valid' }),
    async (n) => {
      const { token } = await forge.access.createToken(principal(n))
      return { token: { principal: principal(n), token } }
    },
  )
}

async function changeSecret({ forge, id, random, act }: Caller): Promise<void> {
  const held = await forge.vault.list(`mix/${id}/*`)
  // One that was purged goes on counting: its path is not used again.
  const info = held[random.below(SECRETS)]
  const path = (n: number): string => info?.path ?? `mix/${id}/${n}`
  const current = info?.current ?? 0
  if (info !== undefined && current >= VERSIONS) {
    const places = info.versions.map(({ version }) => [`secret/${info.path}@${version}`, null] as const)
    return await act(
      'vault.purge',
      () => Object.fromEntries(places),
      () => forge.vault.purge(info.path),
    )
  }
  const readable = info?.versions.find(({ state }) => state === 'readable')
  const way = random.below(6)
  if (info !== undefined && readable !== undefined && way < 2) {
    const { version } = readable
    const method = way === 0 ? 'destroy' : 'delete'
    return await act(
      `vault.${method}`,
      () => ({ [`secret/${info.path}@${version}`]: way === 0 ? 'destroyed' : 'deleted' }),
      () => forge.vault[method](info.path, [version]),
    )
  }
  await act(
    'vault.set',
    (n) => ({ [`secret/${path(n)}@${current + 1}`]: String(n) }),
    async (n) => {
      const { sequence } = await forge.vault.set(path(n), String(n), { cas: current })
      return { sequence }
    },
  )
}

async function sealOrErase({ forge, id, life, random, act, erased }: Caller): Promise<void> {
  const number = random.below(8)
  if (random.below(3) === 0) {
    // Of any life; of an earlier one, whoever knows whether it was sealed.
    const of = random.below(2) === 0 ? life : random.below(life + 1)
    const old = `s-${id}-${of}-${number}`
    if (of === life) erased.add(number)
    return await act(
      'subjects.erase',
      () => ({ [`subject/${old}`]: 'erased' }),
      async (n) => {
        await forge.subjects.erase(old, { requestId: `R-${n}` })
      },
    )
  }
  if (erased.has(number)) return
  const subject = `s-${id}-${life}-${number}`
  await act(
    'subjects.seal',
    () => ({}),
    async (n) => {
      const envelope = await forge.subjects.seal(subject, `value ${n}`)
      return { sealed: { subject, envelope, value: `value ${n}` } }
    },
  )
}

async function createOrRemoveTopic({ forge, id, random, act }: Caller): Promise<void> {
  const held = forge.logs.topics(`gone.${id}.*`)
  const old = held[random.below(Math.max(1, held.length))]?.name
  const way = random.below(3)
  if (old === undefined || way === 0) {
    const name = (n: number): string => `gone.${id}.${n}`
    return await act(
      'topicOperations.create',
      (n) => ({ [`topic/${name(n)}`]: 'there' }),
      async (n) => {
        await forge.logs.topicOperations.create(name(n))
      },
    )
  }
  if (way === 1)
    return await act(
      'logs.append gone',
      (n) =>
        written(
          'logs',
          [
            [old, `${n}.0`],
            [old, `${n}.1`],
          ],
          n,
        ),
      async (n) => {
        const entries = [`${n}.0`, `${n}.1`].map((tag) => ({
          topic: old,
          message: 'soon gone',
          metadata: marks(n, tag),
        }))
        await forge.logs.append(entries)
      },
    )
  const entries = await forge.logs.read({ topic: old }).toArray()
  const gone = entries.map(({ metadata }) => [`logs/${old}/${String(metadata['tag'])}`, null] as const)
  await act(
    'topicOperations.remove',
    () => ({ ...Object.fromEntries(gone), [`topic/${old}`]: null }),
    async () => {
      await forge.logs.topicOperations.remove(old)
    },
  )
}

/** Goes on with a file that an earlier life began, else begins one. */
async function importFile({ forge, outside, id, life, act }: Caller): Promise<void> {
  const mine = readdirSync(outside).filter((name) => name.startsWith(`import-${id}-`))
  const begun = mine.find((name) => !name.endsWith('.done') && !mine.includes(`${name}.done`))
  const file = begun ?? `import-${id}-${life}-${mine.length}`
  const path = join(outside, file)
  if (!existsSync(path)) {
    const lines = Array.from({ length: IMPORTED_LINES }, (_, index) => `${importedLine(file, index)}\n`)
    writeFileSync(path, lines.join(''))
  }
  await act(
    'logs.importFrom',
    () => ({ [`import/${file}`]: 'whole' }),
    async () => {
      // Small pieces, so that it is cut short in the middle.
      const chunks = createReadStream(path, { highWaterMark: 4096 })
      await forge.logs.importFrom(chunks, { topic: `imported.${file}`, source: file, format: 'plain' })
      writeFileSync(`${path}.done`, '')
    },
  )
}

/** How often each is done beside the others. */
const SHARES: readonly (readonly [share: number, act: Act])[] = [
  [8, appendLogs],
  [8, appendOnce],
  [6, appendNext],
  [6, appendWork],
  [5, appendKeyed],
  [5, appendKept],
  [5, changeSetting],
  [2, changeFlag],
  [2, changeRoles],
  [3, changeGrants],
  [3, changeTokens],
  [6, changeSecret],
  [6, sealOrErase],
  [5, createOrRemoveTopic],
  [1, importFile],
]

const DRAWN: readonly Act[] = SHARES.flatMap(([share, act]) => Array.from({ length: share }, () => act))

export async function callForever(caller: Caller): Promise<never> {
  for (;;) await DRAWN[caller.random.below(DRAWN.length)]!(caller)
}
