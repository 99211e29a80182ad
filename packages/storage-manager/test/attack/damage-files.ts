import {
  closeSync,
  copyFileSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { SeededRandom } from '@forgeone/common'

/** Larger than anything is, and nothing on the disk. */
const SPARSE_BYTES = 3 * 1024 ** 3
const RUN_BYTES_MAX = 600

interface Damage {
  readonly path: string
  /** Another file of the store. */
  readonly other: string
  readonly random: SeededRandom
}

function changeBytes({ path, random }: Damage, change: (bytes: Buffer, at: number) => Uint8Array): void {
  const bytes = readFileSync(path)
  writeFileSync(path, change(bytes, random.below(bytes.length + 1)))
}

const DAMAGES: Readonly<Record<string, (o: Damage) => void>> = {
  flip: (o) =>
    changeBytes(o, (bytes, at) => {
      if (at < bytes.length) bytes[at]! ^= 1 << o.random.below(8)
      return bytes
    }),
  byte: (o) =>
    changeBytes(o, (bytes, at) => {
      if (at < bytes.length) bytes[at] = o.random.below(256)
      return bytes
    }),
  truncate: ({ path, random }) => truncateSync(path, random.below(statSync(path).size + 1)),
  delete: ({ path }) => rmSync(path),
  duplicate: ({ path, random }) => copyFileSync(path, join(dirname(path), nameLike(basename(path), random))),
  zero: (o) =>
    changeBytes(o, (bytes, at) =>
      bytes.fill(0, at, Math.min(bytes.length, at + o.random.below(RUN_BYTES_MAX))),
    ),
  cut: (o) =>
    changeBytes(o, (bytes, at) =>
      Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + o.random.below(RUN_BYTES_MAX))]),
    ),
  insert: (o) =>
    changeBytes(o, (bytes, at) =>
      Buffer.concat([
        bytes.subarray(0, at),
        o.random.bytes(o.random.below(RUN_BYTES_MAX)),
        bytes.subarray(at),
      ]),
    ),
  swap: ({ path, other }) => {
    renameSync(path, `${path}.swapped`)
    renameSync(other, path)
    renameSync(`${path}.swapped`, other)
  },
  overwrite: ({ path, other }) => writeFileSync(path, readFileSync(other)),
  sparse: ({ path }) => {
    closeSync(openSync(path, 'w'))
    truncateSync(path, SPARSE_BYTES)
  },
}

/** Another number for a file that has one, as a copy of an earlier time would have. */
function nameLike(name: string, random: SeededRandom): string {
  return name.replace(/\d+/, (digits) => String(1 + random.below(40)).padStart(digits.length, '0'))
}

function filesOf(path: string): readonly string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** Kinds of files are as likely as each other, though there are many of some. @returns what was done */
export function damage(store: string, random: SeededRandom): string {
  const byKind = [...Map.groupBy(filesOf(store), kindOf).values()]
  const draw = (): string => {
    const files = byKind[random.below(byKind.length)]!
    return files[random.below(files.length)]!
  }
  const [path, other] = [draw(), draw()]
  const names = Object.keys(DAMAGES)
  const name = names[random.below(names.length)]!
  const sizes = [path, other].map((file) => statSync(file).size)
  // A file that an earlier damage made sparse is too large to read.
  const isReadable = sizes.every((size) => size < SPARSE_BYTES)
  if (path !== other && isReadable) DAMAGES[name]!({ path, other, random })
  return `${name} ${path.slice(store.length + 1)} (${other.slice(store.length + 1)})`
}

/** The directory with numbers of shards left out, and the name with its own. */
function kindOf(path: string): string {
  return join(basename(dirname(path)), basename(path)).replaceAll(/\d+/g, '')
}
