/** A process that ingests so many entries, scans them, and reports time and memory as JSON. */
import { Dataset } from '../data/dataset.ts'
import { ForgeOneEngine } from '../engines/forgeone.ts'

const [path = '', count = '0'] = process.argv.slice(2)
const entries = Number(count)
const engine = new ForgeOneEngine()
await engine.open(path)
const startedMs = performance.now()
for (const batch of Dataset.load(undefined).batches(entries)) await engine.appendBatch(batch)
const ingestMs = performance.now() - startedMs
const ingestRssKib = process.resourceUsage().maxRSS
let rows = 0
for await (const batch of engine.forge.logs.read().batches()) rows += batch.length
const scanRssKib = process.resourceUsage().maxRSS
await engine.close()
process.stdout.write(JSON.stringify({ ingestMs, ingestRssKib, scanRssKib, rows }))
