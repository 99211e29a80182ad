import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { Forge } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

const folder = fileURLToPath(new URL('../../../../shared/data/logs/', import.meta.url))
const isPresent = existsSync(folder)
if (!isPresent) console.warn(`skipped: no sample logs in ${folder}`)
const names = isPresent ? readdirSync(folder).filter((name) => name.endsWith('.log')) : ['none']

const topicOf = (name: string): string => `real.${name.replaceAll('.', '-')}`

test.skipIf(!isPresent)(
  'real logs come back byte for byte after a reopening, and every line is found',
  async () => {
    await using scratch = await temporaryFolder()
    const options = { path: scratch.path, secret: SECRET }
    const forge = await Forge.open(options)
    for (const name of names)
      await forge.logs.importFrom(createReadStream(`${folder}${name}`), {
        topic: topicOf(name),
        source: name,
      })
    await forge.close()
    await using again = await Forge.open(options)
    for (const name of names) {
      const wanted = readFileSync(`${folder}${name}`)
      const found = Buffer.concat(await Array.fromAsync(again.logs.exportRaw({ topic: topicOf(name) })))
      expect(Buffer.compare(found, wanted), name).toBe(0)
      const word = 'error'
      const lines = wanted
        .toString('latin1')
        .split('\n')
        .filter((line) => line.includes(word)).length
      expect(await again.logs.search(`topic:${topicOf(name)} *"${word}"*`).toArray(), name).toHaveLength(
        lines,
      )
    }
    expect((await again.verify()).ok).toBe(true)
    const { rawBytes, bytesOnDisk } = again.stats()
    expect(bytesOnDisk).toBeLessThan(rawBytes)
  },
)
