import { randomBytes } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ForgeError } from '@forgeone/common'
import { Forge } from '@forgeone/storage-manager'
import { decompress } from '@forgeone/streams'
import type { CommandContext } from '../../program/command.ts'
import { EXIT } from '../../program/exit-codes.ts'
import { countingBytes } from '../../program/import-input.ts'
import { openInput, type InputFile } from '../../program/input-files.ts'
import { Progress } from '../../render/progress.ts'
import { formatBytes, formatCount, formatDuration, formatRatio } from '../../render/quantities.ts'
import type { Terminal } from '../../render/terminal.ts'
import { findDemoInputs } from './demo-inputs.ts'
import { countSurvivors, killWhileWriting } from './kill-child.ts'

const SEARCHES = ['i(error)', 'severity:>=warn', '*"timeout"*']
const FILES_SHOWN_MAX = 12

/** The demonstration, from one part to the next. @returns the exit code */
export async function demonstrate(context: CommandContext): Promise<number> {
  const { positionals, terminal, resolvePath } = context
  const workDirectory = await mkdtemp(join(tmpdir(), 'forgeone-demo-'))
  const path = join(workDirectory, 'store')
  const secret = randomBytes(24).toString('base64url')
  const secretFile = join(workDirectory, 'secret')
  await writeFile(secretFile, `${secret}\n`, { mode: 0o600 })
  await heading(terminal, '1. Real logs')
  const inputs = await findDemoInputs({ paths: positionals, workDirectory, resolvePath })
  await describeInputs(terminal, inputs.files, inputs)
  const store = { path, secret }
  const figures = await importAll(context, store, inputs.files)
  context.signal.throwIfAborted()
  const searches = await searchAll(context, store)
  const kill = await killAndReopen(terminal, store)
  context.signal.throwIfAborted()
  const compacted = await compactLogs(terminal, store)
  context.signal.throwIfAborted()
  const ok = await verifyStore(terminal, store)
  await nextSteps(terminal, path, secretFile)
  if (terminal.json) await terminal.printJson({ ...figures, searches, kill, compacted, ok, path, secretFile })
  return ok ? EXIT.ok : EXIT.damaged
}

interface DemoStore {
  readonly path: string
  readonly secret: string
}

async function heading(terminal: Terminal, text: string): Promise<void> {
  if (!terminal.json) await terminal.printLine(`\n${terminal.style(text, 'bold')}`)
}

async function say(terminal: Terminal, text: string): Promise<void> {
  if (!terminal.json) await terminal.printLine(`   ${text}`)
}

async function describeInputs(
  terminal: Terminal,
  files: readonly InputFile[],
  { realBytes, syntheticBytes }: { readonly realBytes: number; readonly syntheticBytes: number },
): Promise<void> {
  for (const file of files.slice(0, FILES_SHOWN_MAX))
    await say(terminal, `${file.path}  ${formatBytes(file.bytes ?? 0)}`)
  if (files.length > FILES_SHOWN_MAX)
    await say(terminal, `… and ${files.length - FILES_SHOWN_MAX} more files`)
  if (syntheticBytes > 0) {
    await say(
      terminal,
      `This machine has only ${formatBytes(realBytes)} of logs, so ${formatBytes(syntheticBytes)} of synthetic ones (fixed seed) are added.`,
    )
  }
}

async function importAll(
  { terminal, signal }: CommandContext,
  store: DemoStore,
  files: readonly InputFile[],
): Promise<{
  lines: number
  rawBytes: number
  seconds: number
  linesPerSecond: number
  bytesOnDisk: number
}> {
  await heading(terminal, '2. Import into a new encrypted store')
  await using forge = await Forge.open({ ...store, create: 'always' })
  const progress = new Progress(terminal)
  const startedMs = performance.now()
  let lines = 0
  let rawBytes = 0
  for (const file of files) {
    signal.throwIfAborted()
    const result = await forge.logs.importFrom(
      decompress(countingBytes(openInput(file, signal), { bytes: 0 }, file.path)),
      {
        topic: file.topic,
        defaultTimestamp: Math.floor(file.modifiedMs ?? Date.now()),
        signal,
        onProgress: (at) =>
          progress.update({
            label: 'import',
            doneBytes: rawBytes + at.rawBytes,
            totalBytes: undefined,
            count: lines + at.lines,
            unit: 'lines',
          }),
      },
    )
    lines += result.lines
    rawBytes += result.rawBytes
  }
  progress.clear()
  const seconds = (performance.now() - startedMs) / 1000
  await forge.flush()
  const { bytesOnDisk } = forge.stats()
  const linesPerSecond = Math.round(lines / seconds)
  await say(
    terminal,
    `${formatCount(lines)} lines in ${formatDuration(seconds * 1000)}: ${terminal.style(`${formatCount(linesPerSecond)} lines/s`, 'green')}, each batch durable before the next`,
  )
  await say(
    terminal,
    `${formatBytes(rawBytes)} raw, ${formatBytes(bytesOnDisk)} on disk, encrypted: ${terminal.style(formatRatio(rawBytes, bytesOnDisk), 'green')} smaller`,
  )
  return { lines, rawBytes, seconds, linesPerSecond, bytesOnDisk }
}

interface DemoSearch {
  readonly query: string
  readonly entries: number
  readonly scanned: number
  readonly elapsedMs: number
}

async function searchAll(
  { terminal, signal }: CommandContext,
  store: DemoStore,
): Promise<readonly DemoSearch[]> {
  await heading(terminal, '3. Search it')
  await using forge = await Forge.open(store)
  const searches: DemoSearch[] = []
  for (const query of SEARCHES) {
    const results = forge.logs.search(query, { signal })
    let count = 0
    for await (const batch of results.batches()) count += batch.length
    const { rowsScanned, elapsedMs } = results.explain()
    await say(
      terminal,
      `${query.padEnd(18)} ${formatCount(count)} of ${formatCount(rowsScanned)} entries in ${formatDuration(elapsedMs)}`,
    )
    searches.push({ query, entries: count, scanned: rowsScanned, elapsedMs })
  }
  return searches
}

async function killAndReopen(
  terminal: Terminal,
  store: DemoStore,
): Promise<{ acknowledged: number; survivors: number; openMs: number }> {
  await heading(terminal, '4. Kill a process in the middle of writing (SIGKILL)')
  const acknowledged = await killWhileWriting(store)
  const startedMs = performance.now()
  await using forge = await Forge.open(store)
  const openedMs = performance.now() - startedMs
  const survivors = await countSurvivors(forge)
  if (survivors < acknowledged)
    throw new ForgeError('STORE_DAMAGED', `${acknowledged - survivors} acknowledged lines are lost`)
  await say(
    terminal,
    `${formatCount(acknowledged)} lines were acknowledged before the kill; ${formatCount(survivors)} are there after reopening`,
  )
  await say(
    terminal,
    `(${formatDuration(openedMs)} to open, ${formatCount(forge.recovery.commitsReplayed)} commits replayed from the journal)`,
  )
  await say(terminal, terminal.style('nothing acknowledged was lost', 'green'))
  return { acknowledged, survivors, openMs: openedMs }
}

/** What the compactor does in the background by and by. */
async function compactLogs(
  terminal: Terminal,
  store: DemoStore,
): Promise<{ readonly bytesOnDisk: number; readonly seconds: number }> {
  await heading(terminal, '5. Compact')
  const forge = await Forge.open(store)
  const startedMs = performance.now()
  await forge.logs.compact()
  await forge.close()
  const seconds = (performance.now() - startedMs) / 1000
  const { bytesOnDisk, rawBytes } = forge.stats()
  await say(
    terminal,
    `${formatBytes(rawBytes)} raw, ${formatBytes(bytesOnDisk)} on disk after ${formatDuration(seconds * 1000)}: ` +
      `${terminal.style(formatRatio(rawBytes, bytesOnDisk), 'green')} smaller, and every line still there`,
  )
  return { bytesOnDisk, seconds }
}

async function verifyStore(terminal: Terminal, store: DemoStore): Promise<boolean> {
  await heading(terminal, '6. Verify everything')
  await using forge = await Forge.open(store)
  const startedMs = performance.now()
  const { ok, counts, problems } = await forge.verify()
  for (const problem of problems)
    await say(terminal, terminal.style(`${problem.where}: ${problem.message}`, 'red'))
  const what = `${formatCount(counts.values)} sealed values, ${formatCount(counts.blocks)} blocks with ${formatCount(counts.entries)} entries`
  await say(
    terminal,
    `${ok ? terminal.style('ok', 'green') : 'damaged'}: ${what} in ${formatDuration(performance.now() - startedMs)}`,
  )
  return ok
}

async function nextSteps(terminal: Terminal, path: string, secretFile: string): Promise<void> {
  await heading(terminal, 'Try next')
  const command = process.env['npm_lifecycle_event'] === 'demo' ? 'npx pnpm@12 -s forge' : 'forge'
  const where = `--data ${path} --secret-file ${secretFile}`
  await say(terminal, `${command} stats ${where}`)
  await say(terminal, `${command} logs search 'severity:>=error' --latest --limit 5 ${where}`)
  await say(terminal, `${command} logs import /var/log --data … ; ${command} --help`)
  await say(terminal, `The demonstration store stays in ${path}; delete it when you are done.`)
}
