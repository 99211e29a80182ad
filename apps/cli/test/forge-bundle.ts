/**
 * The command line bundled as it is published, but of the sources, once for each run of the tests: they start hundreds of
 * processes, and what one spends on finding, stripping and linking a thousand modules is most of what it does.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { TestProject } from 'vitest/node'
import { bundleForge } from '../bundle-forge.mjs'

declare module 'vitest' {
  interface ProvidedContext {
    forgeMain: string
  }
}

const SOURCES = join(import.meta.dirname, '../src')
const PACKAGES = join(import.meta.dirname, '../../../packages/')
const CACHE = join(import.meta.dirname, '../node_modules/.cache')

let folder: string

export async function setup(project: TestProject): Promise<void> {
  await mkdir(CACHE, { recursive: true })
  // Its own for each run: two may go on side by side.
  folder = await mkdtemp(join(CACHE, 'forge-'))
  await bundleForge({
    sources: SOURCES,
    extension: '.ts',
    out: folder,
    conditions: ['@forgeone/source'],
    // The thread that encodes blocks starts from a file beside its module, where nothing is built.
    plugins: [
      {
        name: 'packages-as-if-from-sources',
        transform: (code: string, id: string) =>
          id.startsWith(PACKAGES)
            ? code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href))
            : undefined,
      },
    ],
  })
  project.provide('forgeMain', join(folder, 'main.js'))
}

export async function teardown(): Promise<void> {
  await rm(folder, { recursive: true })
}
