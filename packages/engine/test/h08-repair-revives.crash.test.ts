import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { afterAll, expect, test } from 'vitest'
import { bareKey, countBare, filesOf, flushBare, hazardFolder, openBare, removeFolder } from './hazards.ts'

const folder = hazardFolder()
afterAll(() => removeFolder(folder))

const ROWS = 100
const PACKAGES = join(import.meta.dirname, '..', '..')

test('bare LevelDB repair() brings deleted keys back from a table that compaction had replaced', async () => {
  const path = join(folder, 'bare')
  let level = await openBare(path)
  for (let index = 0; index < ROWS; index++) await level.put(bareKey(index), '.'.repeat(100))
  await flushBare(level)
  await level.close()
  const old = filesOf(path, '.ldb')
  cpSync(path, join(folder, 'old'), { recursive: true })
  level = await openBare(path)
  for (let index = 0; index < ROWS; index++) await level.del(bareKey(index))
  await level.compactRange('a', 'z')
  await level.close()
  expect(await countBare(path)).toBe(0)
  // A crash between the MANIFEST and the unlinks leaves the replaced tables behind.
  for (const file of old) cpSync(file.replace(path, join(folder, 'old')), file)
  cpSync(path, join(folder, 'opened'), { recursive: true })
  expect(await countBare(join(folder, 'opened')), 'opening knows better').toBe(0)
  await ClassicLevel.repair(path)
  expect(await countBare(path)).toBe(ROWS)
})

test('no source of a package calls repair() or destroy() of a database', () => {
  const sources = readdirSync(PACKAGES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => sourcesBelow(join(PACKAGES, name, 'src')))
  expect(sources.length).toBeGreaterThan(50)
  const guilty = sources.filter((file) => {
    const text = readFileSync(file, 'utf8')
    // By name on the class anywhere; by any name where classic-level is at hand.
    if (/Level\w*\s*\??\.\s*(repair|destroy)\b/.test(text)) return true
    return /['"]classic-level['"]/.test(text) && /\b(repair|destroy)\b\s*\(/.test(text)
  })
  expect(guilty).toEqual([])
})

function sourcesBelow(path: string): readonly string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?[jt]s$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}
