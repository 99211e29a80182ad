/** Logs: append, search with an account of the work, import a file and get its bytes back. */
import { Forge } from '@forgeone/storage-manager'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const path = await mkdtemp(join(tmpdir(), 'forge-logs-'))
const forge = await Forge.open({ path, secret: 'correct horse battery staple' })

// One call is one durable unit; give many entries at once where there are many.
await forge.logs.append([
  { topic: 'app.web', message: 'GET /orders 200', metadata: { ms: 12 } },
  { topic: 'app.web', message: 'GET /orders 500', severity: 'error', metadata: { ms: 480 } },
  { topic: 'app.mail', message: 'queue is empty', severity: 'debug' },
])

const slow = forge.logs.search('topic:app.> metadata.ms:>100')
for await (const { topic, severity, message } of slow) console.log(topic, severity, message)
const { rowsScanned, rowsReturned } = slow.explain()
console.log(`${rowsReturned} of ${rowsScanned} rows`)

const source = Buffer.from('2024-05-01T10:00:00Z INFO ready\r\n2024-05-01T10:00:01Z ERROR lost\n  at line 5')
async function* chunks(): AsyncGenerator<Uint8Array> {
  yield source
}
const imported = await forge.logs.importFrom(chunks(), { topic: 'legacy', source: 'app.log' })
const exported = await Array.fromAsync(forge.logs.exportRaw({ topic: 'legacy' }))
console.log(
  imported.format,
  imported.lines,
  Buffer.concat(exported).equals(source) ? 'byte for byte' : 'differs',
)

await forge.close()
await rm(path, { recursive: true })
