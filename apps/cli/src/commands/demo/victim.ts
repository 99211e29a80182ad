/** Run as a process of its own by the demonstration: appends until it is killed, and says what was acknowledged. */
import { writeSync } from 'node:fs'
import { Forge } from '@forgeone/storage-manager'
import { VICTIM_BATCH_LINES, VICTIM_TOPIC, victimLine } from './victim-lines.ts'

const [path = ''] = process.argv.slice(2)
const forge = await Forge.open({ path, secret: process.env['FORGE_SECRET'] ?? '', create: 'never' })
for (let line = 0; ; line += VICTIM_BATCH_LINES) {
  const batch = Array.from({ length: VICTIM_BATCH_LINES }, (_, index) => ({
    topic: VICTIM_TOPIC,
    message: victimLine(line + index),
  }))
  await forge.logs.append(batch)
  // Written at once, so that a kill cannot lose what was acknowledged.
  writeSync(1, `${line + VICTIM_BATCH_LINES}\n`)
}
