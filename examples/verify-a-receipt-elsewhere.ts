/** Audit: a receipt is made where the store is, and verified where there is neither store nor secret. */
import { formatReceipt } from '@forgeone/audit'
import { parsePolicy, verifyReceipt } from '@forgeone/audit/verify'
import { Forge } from '@forgeone/storage-manager'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const path = await mkdtemp(join(tmpdir(), 'forge-receipt-'))
const files = { receipt: join(path, 'order.receipt'), vkey: join(path, 'log.vkey') }

/** Where the store is: the commit of an event is a leaf, and the receipt proves it. */
async function makeReceipt(): Promise<void> {
  const forge = await Forge.open({
    path: join(path, 'data'),
    secret: 'correct horse battery staple',
  })
  try {
    const { sequence } = await forge.events.append({ topic: 'orders.created', payload: { id: 7 } })
    for (let id = 8; id < 100; id++) await forge.events.append({ topic: 'orders.created', payload: { id } })
    // Signs a checkpoint over everything acknowledged so far; otherwise one is signed every second.
    await forge.audit.checkpoint()
    await writeFile(files.receipt, formatReceipt(await forge.audit.receipt(sequence)))
    // Hand this over once, by a way that you trust: everything rests on it.
    await writeFile(files.vkey, `${forge.audit.verifierKeys[0]!.text}\n`)
  } finally {
    await forge.close()
  }
}

/** Elsewhere: two files and `@forgeone/audit/verify`, which opens nothing and throws nothing. */
async function verify(receipt: string): Promise<string> {
  const policy = parsePolicy(`log ${(await readFile(files.vkey, 'utf8')).trim()}\nquorum none\n`)
  if (!policy.ok) return policy.detail
  const verdict = verifyReceipt(receipt, policy.value)
  if (!verdict.ok) return `refused: ${verdict.code}`
  return `${verdict.leaf?.action} is leaf ${verdict.index} of ${verdict.size}`
}

await makeReceipt()
const receipt = await readFile(files.receipt, 'utf8')
console.log(await verify(receipt))
console.log(await verify(receipt.replace('events.append', 'events.remove')))
console.log(await verify(receipt.slice(0, -20)))
await rm(path, { recursive: true })
