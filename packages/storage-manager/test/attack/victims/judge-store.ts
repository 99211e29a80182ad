// Run in a process of its own, so that its end by a signal is seen: opens each store whose path comes on a line, and answers
// with one line of what was noticed and what was read.

import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { ForgeError } from '@forgeone/common'
import { Forge } from '../../../src/index.ts'
import { SECRET } from '../../temporary-folder.ts'

const leavesOfBase = Number(process.argv[2])

function codeOf(error: unknown): string {
  if (error instanceof ForgeError && error.code !== 'INTERNAL') return error.code
  return `uncoded ${String(error instanceof Error ? error.stack : error).slice(0, 300)}`
}

async function secrets(forge: Forge): Promise<unknown> {
  const paths = (await forge.vault.list()).map(({ path }) => path)
  return await Promise.all(paths.map(async (path) => [path, (await forge.vault.get(path))?.text()]))
}

async function sealed(forge: Forge): Promise<unknown> {
  const rows = (await forge.settings.list()).filter(({ name }) => name.startsWith('sealed.'))
  return await Promise.all(
    rows.map(async ({ value }) => Buffer.from(await forge.subjects.open(String(value))).toString()),
  )
}

async function groups(forge: Forge): Promise<unknown> {
  const all = forge.events.groups.list()
  return await Promise.all(
    all.map(async (group) => {
      const { entries, waiting } = await forge.events.groups.lag(group.name)
      return [group, entries, waiting]
    }),
  )
}

/** An id and a key that were used are known to be. */
async function used(forge: Forge): Promise<unknown> {
  const byId = await forge.events
    .append({ topic: 'orders.1', payload: 'again', id: 'id-1-1' })
    .then(() => 'appended', codeOf)
  const byKey = await forge.events
    .append(
      { topic: 'orders.1', payload: { round: 2, index: 1 }, id: 'id-2-1' },
      { idempotencyKey: 'key-2-1' },
    )
    .then(({ duplicate }) => duplicate, codeOf)
  return [byId, byKey]
}

async function leaves(forge: Forge): Promise<unknown> {
  const texts: string[] = []
  for (let index = 0; index < leavesOfBase; index++) texts.push(await forge.audit.leaf(index))
  return texts
}

/** Reading secrets is a commit, and a second later there is a checkpoint over it: only those of before count. */
async function signedOfBase(forge: Forge): Promise<unknown> {
  const notes = await Array.fromAsync(forge.audit.checkpoints())
  return notes.filter((note) => Number(note.split('\n')[1]) <= leavesOfBase)
}

const PARTS: Readonly<Record<string, (forge: Forge) => unknown>> = {
  settings: (forge) => forge.settings.list(),
  flags: (forge) => forge.flags.list(),
  logs: (forge) => forge.logs.read({}).toArray(),
  events: (forge) => forge.events.read({}).toArray(),
  'topics of logs': (forge) => forge.logs.topics(),
  'topics of events': (forge) => forge.events.topics(),
  'retention of logs': (forge) => forge.logs.topicOperations.retentionRules(),
  checkpoints: (forge) => forge.events.checkpoints.list(),
  groups,
  secrets,
  leases: (forge) => forge.vault.leases.list(),
  rights: (forge) => forge.access.list(),
  tokens: (forge) => forge.access.tokens(),
  sealed,
  leaves,
  'leaves by action': async (forge) =>
    (await Array.fromAsync(forge.audit.query({ act: 'settings.set' }))).map(({ index }) => index),
  'signed checkpoints': signedOfBase,
  used,
}

function digestOf(value: unknown): string {
  const text = JSON.stringify(value, (_, one: unknown) => {
    if (one instanceof Map) return [...one]
    return typeof one === 'bigint' ? String(one) : one
  })
  return createHash('sha256')
    .update(text ?? 'undefined')
    .digest('hex')
    .slice(0, 16)
}

async function read(forge: Forge): Promise<Record<string, string>> {
  const data: Record<string, string> = {}
  for (const [name, part] of Object.entries(PARTS)) {
    try {
      data[name] = digestOf(await part(forge))
    } catch (error) {
      data[name] = codeOf(error)
    }
  }
  return data
}

async function judge(path: string): Promise<object> {
  let forge: Forge
  try {
    forge = await Forge.open({
      path,
      secret: SECRET,
      create: 'never',
      compaction: 'manual',
    })
  } catch (error) {
    return { noticed: [codeOf(error)], data: {} }
  }
  const noticed: string[] = []
  try {
    const health = forge.health()
    const report = await forge.verify()
    for (const { code } of [...health.reasons, ...health.notices]) noticed.push(code)
    for (const { code } of [...report.problems, ...report.notices]) noticed.push(code)
    if (forge.audit.divergence !== undefined) noticed.push(forge.audit.divergence.code)
    if ((await forge.audit.indexFault()) !== undefined) noticed.push('an index fault')
  } catch (error) {
    noticed.push(codeOf(error))
  }
  const data = await read(forge)
  await forge.close().catch((error: unknown) => noticed.push(codeOf(error)))
  return { noticed: [...new Set(noticed)], data }
}

if (!Number.isSafeInteger(leavesOfBase)) throw new Error('how many leaves there were is the first argument')
for await (const path of createInterface({ input: process.stdin })) {
  writeSync(1, `${JSON.stringify(await judge(path))}\n`)
}
