/** Text of every file of the repository by its path from the root, with `/` between folders. */
export type FileListing = ReadonlyMap<string, string>

/** Something a rule objects to. */
export interface Violation {
  readonly path: string
  readonly reason: string
}

/** One rule of the repository: pure, so that a test can show it a listing that breaks it. */
export type Rule = (files: FileListing) => readonly Violation[]

/** Paths of TypeScript files, which most rules are about. */
export function sourcePaths(files: FileListing): readonly string[] {
  return [...files.keys()].filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
}

/** Lines with their numbers from 1; lines that are comments are left out when only code counts. */
export function numberedLines(
  text: string,
  { codeOnly }: { readonly codeOnly: boolean },
): readonly (readonly [number, string])[] {
  const lines = text.split('\n').map((line, index) => [index + 1, line] as const)
  return codeOnly ? lines.filter(([, line]) => !/^\s*(?:\/\/|\/\*|\*)/.test(line)) : lines
}
