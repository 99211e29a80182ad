import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Forge } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

/** One for each thing a user stores; long enough that none appears by chance. */
const MARKED = {
  logTopic: 'canaryLogTopic7Qx',
  eventTopic: 'canaryEventTopic7Qx',
  message: 'canaryMessage7Qx',
  payload: 'canaryPayload7Qx',
  bytes: 'canaryBytes7Qx',
  metadataName: 'canaryMetaName7Qx',
  metadataValue: 'canaryMetaValue7Qx',
  settingName: 'canarySettingName7Qx',
  settingValue: 'canarySettingValue7Qx',
  flagName: 'canaryFlagName7Qx',
  marker: 'canaryMarker7Qx',
  clientId: 'canaryClientId7Qx',
  sourceName: 'canarySourceName7Qx',
  imported: 'canaryImported7Qx',
} as const

/** The forms in which a text could stand in a file: a base64 text has one for each place it may begin at. */
function formsOf(text: string): readonly Buffer[] {
  const bytes = Buffer.from(text)
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(4, -4),
  )
  const utf16 = Buffer.from(text, 'utf16le')
  const hex = bytes.toString('hex')
  return [
    bytes,
    utf16,
    Buffer.from(utf16).swap16(),
    ...[hex, hex.toUpperCase(), ...base64].map((form) => Buffer.from(form)),
  ]
}

async function filesIn(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(path)] as const)))
}

async function findMarks(folder: string): Promise<string[]> {
  const files = await filesIn(folder)
  const found: string[] = []
  for (const [path, bytes] of files) {
    for (const [name, text] of Object.entries(MARKED)) {
      if (formsOf(text).some((form) => bytes.includes(form)))
        found.push(`${name} in ${path.slice(folder.length)}`)
      if (path.includes(text)) found.push(`${name} as a file name`)
    }
  }
  return found
}

async function fill(forge: Forge): Promise<void> {
  const metadata = { [MARKED.metadataName]: MARKED.metadataValue }
  const common = { metadata, checkpointMarker: MARKED.marker }
  await forge.logs.append({
    topic: MARKED.logTopic,
    message: MARKED.message,
    id: `${MARKED.clientId}-log`,
    ...common,
  })
  await forge.events.append([
    { topic: MARKED.eventTopic, payload: { a: MARKED.payload }, id: MARKED.clientId, ...common },
    { topic: MARKED.eventTopic, payload: Buffer.from(MARKED.bytes), ...common },
  ])
  // Alone in its block, so small that it is not compressed.
  await forge.logs.append({ topic: MARKED.logTopic, message: MARKED.message })
  await forge.settings.set(MARKED.settingName, { a: MARKED.settingValue })
  await forge.flags.set(MARKED.flagName, { enabled: true })
  const source = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`${MARKED.imported}\n`.repeat(50))
  }
  await forge.logs.importFrom(source(), { topic: MARKED.logTopic, source: MARKED.sourceName })
}

describe('nothing a user stores is readable in any file', () => {
  test('while the journal is full, after a flush, and after close', async () => {
    await using folder = await temporaryFolder()
    const forge = await Forge.open({ path: folder.path, secret: SECRET, shardCount: 2 })
    await fill(forge)
    expect(await findMarks(folder.path)).toEqual([])
    await forge.flush()
    expect(await findMarks(folder.path)).toEqual([])
    await forge.close()
    expect(await findMarks(folder.path)).toEqual([])
    await using again = await Forge.open({ path: folder.path, secret: SECRET })
    expect((await again.events.get(MARKED.clientId))?.topic).toBe(MARKED.eventTopic)
  })

  test('and without encryption the marks are found, so the search works', async () => {
    await using folder = await temporaryFolder()
    const forge = await Forge.open({ path: folder.path, encryption: 'none', shardCount: 2 })
    await fill(forge)
    const found = (await findMarks(folder.path)).map((one) => one.split(' ')[0])
    await forge.close()
    expect(found).toEqual(
      expect.arrayContaining(['message', 'logTopic', 'settingName', 'payload', 'clientId']),
    )
  })
})
