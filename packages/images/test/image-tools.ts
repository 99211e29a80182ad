import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  ftruncateSync,
  closeSync,
  utimesSync,
  writeFileSync,
  readFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Debian puts some of them where only root looks. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`
const ENVIRONMENT = { ...process.env, PATH, TZ: 'UTC', MTOOLS_SKIP_CHECK: '1', LC_ALL: 'C.UTF-8' }

export function run(tool: string, ...parameters: readonly string[]): string {
  return execFileSync(tool, parameters, {
    env: ENVIRONMENT,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  })
}

export function runWithInput(input: string, tool: string, ...parameters: readonly string[]): string {
  return execFileSync(tool, parameters, {
    env: ENVIRONMENT,
    encoding: 'utf8',
    input,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

/** Whether all tools are there; otherwise a line says which one is not. */
export function haveTools(...tools: readonly string[]): boolean {
  const missing = tools.filter((tool) => {
    try {
      execFileSync('sh', ['-c', `command -v ${tool}`], { env: ENVIRONMENT, stdio: 'ignore' })
      return false
    } catch {
      return true
    }
  })
  if (missing.length > 0) process.stdout.write(`skipped: ${missing.join(', ')} absent\n`)
  return missing.length === 0
}

export function scratch(): string {
  return mkdtempSync(join(tmpdir(), 'forge-images-'))
}

export function blank(path: string, bytes: number): string {
  const file = openSync(path, 'w')
  ftruncateSync(file, bytes)
  closeSync(file)
  return path
}

/** Copies the bytes of one image into another. */
export function embed(target: string, offset: number, source: string): void {
  const file = openSync(target, 'r+')
  writeSync(file, readFileSync(source), 0, undefined, offset)
  closeSync(file)
}

const NAMES = [
  'README.TXT',
  'a long name with blanks.txt',
  'lower.txt',
  'Ümläut ß.dat',
  'empty',
  'MiXeD.CaSe',
]

/** A tree of files with contents, times and names that are worth comparing. */
export function makeTree(root: string): void {
  mkdirSync(join(root, 'directory', 'nested one', 'deeper'), { recursive: true })
  for (const [index, name] of NAMES.entries()) {
    for (const folder of ['', 'directory', 'directory/nested one']) {
      const path = join(root, folder, name)
      writeFileSync(path, name === 'empty' ? '' : `${name} ${index}\n`.repeat(index * 300 + 1))
      utimesSync(path, 1_600_000_000 + index * 86_400, 1_600_000_000 + index * 86_400)
    }
  }
  writeFileSync(join(root, 'directory/nested one/deeper/end.bin'), new Uint8Array(5000).fill(7))
}

/** A FAT volume with the tree in it. */
export function makeFat(
  path: string,
  o: { bits: 12 | 16 | 32; bytes: number; tree: string; label?: string },
): string {
  blank(path, o.bytes)
  run('mkfs.fat', '-F', String(o.bits), ...(o.label ? ['-n', o.label] : []), path)
  run('sh', '-c', `mcopy -s -m -i '${path}' '${o.tree}'/* ::`)
  return path
}
