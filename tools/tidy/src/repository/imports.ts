import { posix } from 'node:path'

const STATIC_IMPORT = /^(?:import|export)\s+(?:type\s+)?(?:[\w*{}\s,$]+?)\s*from\s+'([^']+)'/gm
const BARE_IMPORT = /^import\s+'([^']+)'/gm
const DYNAMIC_IMPORT = /\bimport\(\s*'([^']+)'\s*\)/g

/** Module names that a TypeScript file imports or exports from, types included. */
export function importsOf(text: string): readonly string[] {
  return [STATIC_IMPORT, BARE_IMPORT, DYNAMIC_IMPORT].flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => match[1]!),
  )
}

export function isRelative(specifier: string): boolean {
  return specifier.startsWith('./') || specifier.startsWith('../')
}

/** The path that a relative import means. */
export function resolveImport(fromPath: string, specifier: string): string {
  return posix.join(posix.dirname(fromPath), specifier)
}

/** The package of a module name: `zod` of `zod/v4`, `@noble/ciphers` of `@noble/ciphers/aes.js`. */
export function packageName(specifier: string): string {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!
}
