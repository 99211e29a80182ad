/** Names of files below `src` and below `dist` of one package, with `/` between folders. */
export interface DistFiles {
  readonly sources: readonly string[]
  readonly outputs: readonly string[]
}

/** What the compiler wrote, or should have written. Everything else in `dist` is not ours to judge. */
const OUTPUT = /\.(?:js|d\.ts)$/

/** Files of `dist` that no source makes any more: what was renamed or deleted, and would be packed for ever. */
export function staleFiles({ sources, outputs }: DistFiles): readonly string[] {
  const made = new Set(sources.flatMap(outputsOf))
  return outputs.filter((name) => OUTPUT.test(name) && !made.has(name))
}

/** Files that the sources make and `dist` lacks, so that what is packed would fail at an import. */
export function missingFiles({ sources, outputs }: DistFiles): readonly string[] {
  const there = new Set(outputs)
  return sources.flatMap(outputsOf).filter((name) => !there.has(name))
}

/** Declarations are written by hand for the compiler alone, which writes nothing for them. */
function outputsOf(source: string): readonly string[] {
  if (!source.endsWith('.ts') || source.endsWith('.d.ts')) return []
  const stem = source.slice(0, -'.ts'.length)
  return [`${stem}.js`, `${stem}.d.ts`]
}
