import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { machineFacts } from '../src/machine-facts.ts'

let folder: string
let machine: { readonly searchPath: string; readonly dataFolder: string }

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forge-machine-'))
  await mkdir(join(folder, 'programs'))
  await writeFile(join(folder, 'programs/go'), '')
  machine = {
    searchPath: [join(folder, 'programs'), join(folder, 'missing'), ''].join(delimiter),
    dataFolder: join(folder, 'data'),
  }
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

test('a machine that did not change has the same facts, also without sample data', () => {
  expect(machineFacts(machine)).toBe(machineFacts(machine))
})

test('a program that is installed or another one, and samples that come, change or go, make it another machine', async () => {
  const seen = [machineFacts(machine)]
  const put = async (path: string, text: string): Promise<void> => {
    await writeFile(join(folder, path), text)
    seen.push(machineFacts(machine))
  }
  await put('programs/chromium', '')
  await put('programs/chromium', 'newer')
  await mkdir(join(folder, 'data/deep'), { recursive: true })
  await put('data/deep/a.log', 'a')
  await put('data/deep/a.log', 'longer')
  await rm(join(folder, 'data'), { recursive: true })
  expect(new Set(seen).size).toBe(seen.length)
  expect(machineFacts(machine)).toBe(seen[2])
})
