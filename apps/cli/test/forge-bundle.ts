/**
 * The command line in one file, made of the sources once for each run of the tests: they start hundreds of processes, and what a
 * process spends on finding, stripping and linking a thousand modules is most of what it does.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    forgeMain: string
  }
}

const SOURCES = join(import.meta.dirname, '../src')
const CACHE = join(import.meta.dirname, '../node_modules/.cache')

let folder: string

export async function setup(project: TestProject): Promise<void> {
  await mkdir(CACHE, { recursive: true })
  // Its own for each run: two may go on side by side.
  folder = await mkdtemp(join(CACHE, 'forge-'))
  const bundle = await rolldown({
    input: join(SOURCES, 'main.ts'),
    platform: 'node',
    resolve: { conditionNames: ['@forgeone/source', 'node', 'import'] },
    plugins: [
      {
        name: 'as-if-from-sources',
        resolveId(id, importer, { kind }) {
          // It looks for its native library beside itself.
          if (id !== 'classic-level' || importer === undefined) return undefined
          const file = createRequire(importer).resolve(id)
          return { id: kind === 'require-call' ? file : pathToFileURL(file).href, external: true }
        },
        // Threads and processes start from files that lie beside their module.
        transform: (code, id) =>
          id.includes('/node_modules/')
            ? undefined
            : code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href)),
      },
    ],
  })
  await bundle.write({ format: 'esm', dir: folder })
  await bundle.close()
  project.provide('forgeMain', join(folder, 'main.js'))
}

export async function teardown(): Promise<void> {
  await rm(folder, { recursive: true })
}
