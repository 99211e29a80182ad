// What stands in each place of a store, as `mix-lines.ts` names them.

import { isForgeError } from '@forgeone/common'
import type { Forge } from '../../../src/index.ts'
import { IMPORTED_LINES, importedLine } from './mix-lines.ts'
import type { Found, MixModel, Sealed } from './mix-model.ts'

type Put = (place: string, value: string) => void

async function readEntries({ logs, events }: Forge, put: Put): Promise<void> {
  const writers = new Map<string, number[]>()
  const note = (place: string, n: unknown): void =>
    void writers.set(place, [...(writers.get(place) ?? []), Number(n)])
  const lines = new Map<string, string[]>()
  for await (const { topic, message, metadata } of logs.read({})) {
    const file = topic.startsWith('imported.') ? topic.slice('imported.'.length) : undefined
    if (file === undefined) note(`logs/${topic}/${String(metadata['tag'])}`, metadata['n'])
    else if (lines.has(file)) lines.get(file)!.push(message)
    else lines.set(file, [message])
  }
  for await (const { topic, metadata } of events.read({}))
    note(`events/${topic}/${String(metadata['tag'])}`, metadata['n'])
  for (const [place, those] of writers) put(place, those.join('+'))
  for (const [file, those] of lines) {
    const isPrefix = those.every((line, index) => line === importedLine(file, index))
    const size = those.length === IMPORTED_LINES ? 'whole' : 'part'
    put(`import/${file}`, isPrefix ? size : `${those.length} lines, not those of the file`)
  }
}

async function readSecrets({ vault }: Forge, put: Put): Promise<void> {
  const all = (await vault.list()).flatMap(({ path, versions }) =>
    versions.map(({ version, state }) => ({ path, version, state })),
  )
  await Promise.all(
    all.map(async ({ path, version, state }) => {
      const value = state === 'readable' ? await vault.get(path, { version }) : undefined
      put(`secret/${path}@${version}`, value?.text() ?? state)
    }),
  )
}

async function stateOf(forge: Forge, { envelope, value }: Sealed): Promise<string> {
  try {
    const opened = Buffer.from(await forge.subjects.open(envelope)).toString()
    return opened === value ? 'open' : `another value: ${opened}`
  } catch (error) {
    return isForgeError(error, 'CRYPTO_KEY_DESTROYED') ? 'erased' : String(error)
  }
}

async function readSubjects(forge: Forge, model: MixModel, put: Put): Promise<void> {
  for (const [subject, envelopes] of model.envelopes) {
    const states = await Promise.all(envelopes.map((one) => stateOf(forge, one)))
    const all = [...new Set(states)].join(' and ')
    // One that still opens is where nothing was erased.
    if (all !== 'open') put(`subject/${subject}`, all)
  }
}

/** A token is known by its principal; one that was acknowledged lets in, one that was revoked does not. */
function readAccess({ access }: Forge, model: MixModel, put: Put): void {
  for (const { principal, roles, grants } of access.list()) {
    if (roles.length > 0) put(`roles/${principal}`, roles.join())
    if (grants.length > 0) put(`grant/${principal}`, grants.flatMap(({ actions }) => actions).join())
  }
  for (const { principal } of access.tokens()) put(`token/${principal}`, 'valid')
  for (const [principal, token] of model.tokens) {
    let holder: string | undefined
    try {
      holder = access.authenticate(token)
    } catch (error) {
      if (!isForgeError(error, 'ACCESS_TOKEN_INVALID')) throw error
    }
    const isListed = access.tokens().some((one) => one.principal === principal)
    if (holder !== (isListed ? principal : undefined)) put(`token/${principal}`, `lets in ${holder}`)
  }
}

export async function readStore(forge: Forge, model: MixModel): Promise<Found> {
  const found = new Map<string, string>()
  const put: Put = (place, value) => void found.set(place, value)
  await readEntries(forge, put)
  for (const { name, value } of await forge.settings.list('mix.')) put(`setting/${name}`, String(value))
  for (const [name, { percent }] of await forge.flags.list()) put(`flag/${name}`, String(percent))
  readAccess(forge, model, put)
  await readSecrets(forge, put)
  await readSubjects(forge, model, put)
  for (const { name } of forge.logs.topics('gone.>')) put(`topic/${name}`, 'there')
  for (const { directory } of await forge.checkpoints()) put(`image/${directory.split('/').at(-1)}`, 'there')
  for (const { pattern, retention } of forge.logs.topicOperations.retentionRules())
    put(`rule/${pattern}`, String(retention.maxCount))
  return found
}
