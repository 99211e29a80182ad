import { matchesGlob } from 'node:path'

const ROOT = '$TURBO_ROOT$/'
/** It looks at all files of the checkout, and keeps no result. */
const LOOKS_AT_ALL = '@forgeone/tidy'

/** As `turbo.json` has them: `test` for all packages, `<package>#test` for one. */
export type TestTasks = Readonly<Record<string, { readonly inputs?: readonly string[] | undefined }>>

/**
 * Filters for the tests that a change can turn red. Turborepo knows what depends on a package, and not that tests read files
 * outside of theirs, which are inputs of their tasks.
 * @returns undefined where everything is to be run
 */
export function affectedFilters(
  changed: readonly string[],
  { tasks, base }: { readonly tasks: TestTasks; readonly base: string },
): readonly string[] | undefined {
  const reads = (task: string): boolean =>
    (tasks[task]?.inputs ?? [])
      .filter((input) => input.startsWith(ROOT))
      .some((input) => changed.some((file) => matchesGlob(file, input.slice(ROOT.length))))
  if (reads('test')) return undefined
  const readers = Object.keys(tasks).filter((task) => task.endsWith('#test') && reads(task))
  const packages = new Set([LOOKS_AT_ALL, ...readers.map((task) => task.slice(0, -'#test'.length))])
  return [`--filter=...[${base}]`, ...[...packages].map((name) => `--filter=${name}`)]
}
