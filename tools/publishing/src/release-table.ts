/** What would be published of one package, as pnpm tells. */
export interface PublishedPackage {
  readonly name: string
  readonly version: string
  /** Bytes of the tarball, and of what is in it. */
  readonly size: number
  readonly unpackedSize: number
  readonly entryCount: number
}

/** A package that has less in it was packed without its build: package.json, README and licence are three. */
const ENTRIES_MIN = 5

/** Reads the answer of `pnpm publish --json`. @throws if nothing would be published, or something without its build */
export function published(answer: string): readonly PublishedPackage[] {
  // The form that pnpm documents; what is missing of it shows in the table.
  const packages = JSON.parse(answer) as readonly PublishedPackage[]
  if (packages.length === 0) throw new Error('nothing would be published: is every version there already?')
  const empty = packages.filter(({ entryCount }) => !(entryCount >= ENTRIES_MIN))
  if (empty.length > 0)
    throw new Error(`packed without a build: ${empty.map(({ name }) => name).join(', ')}; see its prepack`)
  return packages
}

/** One line a package, and the sum. */
export function releaseTable(packages: readonly PublishedPackage[]): string {
  const sum = (pick: (one: PublishedPackage) => number): number =>
    packages.reduce((total, one) => total + pick(one), 0)
  const rows = [
    ['package', 'version', 'files', 'packed', 'unpacked'],
    ...packages.map((one) => row(one.name, one.version, one)),
    row(`${packages.length} packages`, '', {
      entryCount: sum(({ entryCount }) => entryCount),
      size: sum(({ size }) => size),
      unpackedSize: sum(({ unpackedSize }) => unpackedSize),
    }),
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)))
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  '),
    )
    .join('\n')
}

function row(
  name: string,
  version: string,
  facts: Pick<PublishedPackage, 'entryCount' | 'size' | 'unpackedSize'>,
): readonly string[] {
  return [name, version, String(facts.entryCount), kibibytes(facts.size), kibibytes(facts.unpackedSize)]
}

function kibibytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`
}
