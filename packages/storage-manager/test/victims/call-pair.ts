// Run by the test of all pairs in a process of its own: two calls side by side, again and again, beside writers, until it is
// killed. One line per event, written synchronously, so that the test knows what was acknowledged.

import { writeSync } from 'node:fs'
import { isForgeError } from '@forgeone/common'
import { Forge } from '../../src/index.ts'
import { MAINTENANCE_CALLS } from '../maintenance-calls.ts'
import { SECRET } from '../temporary-folder.ts'

const [, , path, outside, one, other] = process.argv
const say = (line: string): void => void writeSync(1, `${line}\n`)
/** Two of everything at once may refuse each other; only a defect or damage has another code. */
const DEFECTS =
  /^(INTERNAL|STORE_FAILED|STORE_DAMAGED|DATABASE_|JOURNAL_|RECORD_TAMPERED|KEYRING_|AUDIT_DIVERGED|AUDIT_FORK)/

const forge = await Forge.open({ path: path!, secret: SECRET, shardCount: 1 })
let closing = false
let number = 0

async function write(name: string): Promise<void> {
  for (let value = 1; ; value++) {
    try {
      await forge.settings.set(`acked.${name}`, value)
      say(`setting ${name} ${value}`)
      await forge.events.append({ topic: 'acked', payload: { name, value } })
      say(`event ${name} ${value}`)
    } catch (error) {
      if (closing && isForgeError(error, 'STORE_CLOSED')) return
      throw error
    }
  }
}

async function call(name: string): Promise<void> {
  if (name === 'forge.close') closing = true
  try {
    await MAINTENANCE_CALLS[name]!({ forge, outside: outside!, number: ++number })
  } catch (error) {
    if (closing && isForgeError(error, 'STORE_CLOSED', 'CACHE_CLOSED', 'VAULT_SEALED')) return
    if (isForgeError(error) && !DEFECTS.test(error.code)) return
    say(
      `defect ${name} ${String(error)} ${error instanceof Error ? error.stack : ''}`.replaceAll('\n', ' | '),
    )
  }
}

process.on('unhandledRejection', (error) => say(`defect unhandled ${String(error)}`))
say('open')
void write('a')
void write('b')
while (!closing) {
  await Promise.all([call(one!), call(other!)])
  await new Promise((resolve) => setTimeout(resolve, 1))
}
say('closed')
