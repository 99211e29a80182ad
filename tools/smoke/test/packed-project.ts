/** Global set-up of the tests: a project with every package packed and installed, made once for all files of tests. */
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { installPacked, PUBLISHED_FOLDERS, type PackedPackage } from '../src/packed-packages.ts'

/** What tests get by `inject('packedProject')`. */
export interface PackedProject {
  /** Where the packages are installed. Files of tests make folders of their own in it. */
  readonly path: string
  readonly packages: Readonly<Record<string, PackedPackage>>
}

declare module 'vitest' {
  export interface ProvidedContext {
    readonly packedProject: PackedProject
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'forge-packed-')))
  await writeFile(join(path, 'package.json'), '{ "name": "user", "private": true, "type": "module" }')
  const root = join(import.meta.dirname, '../../..')
  const packages: Record<string, PackedPackage> = {}
  for (const folder of PUBLISHED_FOLDERS)
    packages[folder] = await installPacked({ root, folder, project: path })
  project.provide('packedProject', { path, packages })
  return () => rm(path, { recursive: true })
}
