import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runNode } from '../src/packed-packages.ts'

const root = join(import.meta.dirname, '../../..')
const APPLICATION = `
import { Forge } from '@forgeone/storage-manager'
const forge = await Forge.open({ path: process.argv[2], secret: 'correct horse battery staple', compaction: 'manual' })
const message = (n) => 'line ' + n + ' of user ' + (n * 7919) % 1009
for (let part = 0; part < 4; part++)
  await forge.logs.append(Array.from({ length: 3000 }, (_, n) => ({ topic: 'app.' + part, message: message(n) })))
let turns = 0
const timer = setInterval(() => turns++, 1)
const compacting = forge.logs.compact({ level: process.argv[3] })
const beside = forge.events.append({ topic: 'beside', payload: 1 }).then(() => 'appended')
const first = await Promise.race([compacting.then(() => 'compacted'), beside])
const { blocksWritten } = await compacting
clearInterval(timer)
const entries = await forge.logs.read({ topic: 'app.2' }).toArray()
const same = entries.length === 3000 && entries.every((entry, n) => entry.message === message(n))
const { state } = forge.health()
await forge.close()
console.log(JSON.stringify({ blocksWritten: blocksWritten > 0, first, turns: turns > 1, same, state }))
`
const FINE = { blocksWritten: true, first: 'appended', turns: true, same: true, state: 'healthy' }

let folder: string

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'forge-bundled-')))
  await writeFile(join(folder, 'application.mjs'), APPLICATION)
  const packages = join(root, 'packages')
  const bundle = await rolldown({
    input: join(folder, 'application.mjs'),
    platform: 'node',
    external: ['classic-level'],
    resolve: { alias: { '@forgeone/storage-manager': join(packages, 'storage-manager/dist/index.js') } },
  })
  await bundle.write({
    dir: join(folder, 'out'),
    format: 'esm',
    entryFileNames: 'application.mjs',
    codeSplitting: false,
  })
  await mkdir(join(folder, 'out/node_modules'), { recursive: true })
  // What stays outside of a bundle is installed beside it.
  const level = createRequire(join(packages, 'engine/package.json')).resolve('classic-level/package.json')
  await symlink(join(await realpath(level), '..'), join(folder, 'out/node_modules/classic-level'))
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

test.each(['fast', 'default', 'max'])(
  'an application in one file compacts (%s), and others have their turn',
  async (level) => {
    const out = await runNode(folder, ['out/application.mjs', `./store-${level}`, level])
    expect(JSON.parse(out)).toEqual(FINE)
  },
)
