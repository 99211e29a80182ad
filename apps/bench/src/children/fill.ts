/** A process that appends until it is killed. */
import { Dataset } from '../data/dataset.ts'
import { ForgeOneEngine } from '../engines/forgeone.ts'

const engine = new ForgeOneEngine()
await engine.open(process.argv[2]!)
for (const batch of Dataset.load(undefined).batches(100_000_000)) await engine.appendBatch(batch)
