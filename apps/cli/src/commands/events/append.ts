import { ForgeError, type JsonValue, systemCode } from '@forgeone/common'
import {
  APPEND_BYTES_MAX,
  formatPosition,
  parsePriority,
  parseTimeExpression,
  type ExpectedVersion,
} from '@forgeone/streams'
import type { Command, CommandContext } from '../../program/command.ts'
import { parseJsonObject, parseJsonText } from '../../program/entry-fields.ts'
import { openStandardInput, openWaiting } from '../../program/open-waiting.ts'
import { textOption, usageError } from '../../program/parse-arguments.ts'

/** No path, since those are absolute. */
const STANDARD_INPUT = 'standard input'

export const eventsAppend: Command = {
  name: 'events append',
  summary: 'Append one event',
  usage: 'TOPIC [PAYLOAD]',
  positionals: { min: 1, max: 2 },
  options: {
    text: { type: 'boolean', description: 'PAYLOAD is a text, not JSON' },
    file: {
      type: 'string',
      value: 'FILE',
      description: 'the payload is the bytes of this file (- for standard input)',
    },
    priority: {
      type: 'string',
      value: 'NAME',
      description: 'low, normal, high or critical (default normal)',
    },
    metadata: { type: 'string', value: 'JSON', description: 'a JSON object' },
    timestamp: {
      type: 'string',
      value: 'TIME',
      description: 'ISO 8601, milliseconds or relative (default now)',
    },
    id: { type: 'string', value: 'ID', description: 'an id of your own, unique in the store' },
    marker: { type: 'string', value: 'TEXT', description: 'a checkpoint marker' },
    'expected-version': {
      type: 'string',
      value: 'N',
      description: 'refuse unless the topic has this version; or none, exists',
    },
  },
  examples: [
    'forge events append orders.created \'{"id": 7, "amount": 120}\' --data ./data',
    'forge events append scans.raw --file scan.bin --priority low --data ./data',
  ],
  async run(context) {
    const { options, positionals, terminal, store } = context
    const payload = await payloadOf(context)
    const priority = textOption(options, 'priority')
    const metadata = textOption(options, 'metadata')
    const timestamp = textOption(options, 'timestamp')
    const input = {
      topic: positionals[0]!,
      payload,
      priority: priority === undefined ? undefined : parsePriority(priority),
      metadata: metadata === undefined ? undefined : parseJsonObject(metadata, 'the metadata'),
      timestamp:
        timestamp === undefined
          ? undefined
          : parseTimeExpression(/^\d+$/.test(timestamp) ? Number(timestamp) : timestamp, Date.now()),
      id: textOption(options, 'id'),
      checkpointMarker: textOption(options, 'marker'),
    }
    const expectedVersion = versionOf(textOption(options, 'expected-version'))
    await using forge = await store.open()
    const receipt = await forge.events.append(input, { expectedVersion })
    const position = formatPosition(receipt.positions[0]!)
    const version = receipt.versions.get(input.topic)!
    if (terminal.json)
      await terminal.printJson({ id: receipt.ids[0], position, sequence: receipt.sequence, version })
    else await terminal.printLine(`${receipt.ids[0]}  ${position}  version ${version}`)
  },
}

async function payloadOf({
  options,
  positionals,
  resolvePath,
  signal,
}: CommandContext): Promise<JsonValue | Uint8Array> {
  const file = textOption(options, 'file')
  const text = positionals[1]
  if (file !== undefined) {
    if (text !== undefined) throw usageError('give either PAYLOAD or --file, not both')
    const path = file === '-' ? STANDARD_INPUT : resolvePath(file)
    return await readPayload(path, signal)
  }
  if (text === undefined)
    throw usageError('the event has no payload', 'Give it as JSON, with --text, or with --file.')
  return options['text'] === true ? text : parseJsonText(text, 'the payload')
}

/** Stops where no payload can go on: a file of many gigabytes must not be read to be refused. */
async function readPayload(label: string, signal: AbortSignal): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let bytes = 0
  try {
    const chunks = label === STANDARD_INPUT ? openStandardInput(signal) : openWaiting(label, signal)
    for await (const chunk of chunks) {
      parts.push(chunk)
      bytes += chunk.length
      if (bytes > APPEND_BYTES_MAX) break
    }
  } catch (cause) {
    signal.throwIfAborted()
    const isMissing = systemCode(cause) === 'ENOENT'
    if (isMissing) throw new ForgeError('INPUT_NOT_FOUND', `there is no file ${label}`, { cause })
    throw new ForgeError('INPUT_UNREADABLE', `${label} cannot be read`, { cause })
  }
  if (bytes > APPEND_BYTES_MAX)
    throw new ForgeError('STREAM_LIMIT', `${label} is larger than ${APPEND_BYTES_MAX} bytes`)
  return new Uint8Array(Buffer.concat(parts))
}

function versionOf(text: string | undefined): ExpectedVersion | undefined {
  if (text === undefined || text === 'none' || text === 'exists') return text
  const version = Number(text)
  if (Number.isInteger(version) && version >= 0) return version
  throw usageError('--expected-version takes a number, none or exists')
}
