import { directorySource, readNotes, verifyLog, verifyOwn, type LogVerdict } from '@forgeone/audit'
import { verifyProof, verifyReceipt, type Verdict } from '@forgeone/audit/verify'
import { ForgeError } from '@forgeone/common'
import { existsSync } from 'node:fs'
import type { CommandContext } from '../../program/command.ts'
import { EXIT, exitCodeOfCode } from '../../program/exit-codes.ts'
import { numberOption, textOption, usageError } from '../../program/parse-arguments.ts'
import { printable } from '../../render/printable.ts'
import { Progress } from '../../render/progress.ts'
import { formatCount, formatDuration } from '../../render/quantities.ts'
import { provenEntries, renderProvenEntries } from './proven-entries.ts'
import { readInput, readInputText } from './read-input.ts'
import { trustOf } from './trust.ts'

/** `--log DIR`. @returns the exit code */
export async function verifyDirectory(context: CommandContext): Promise<number> {
  const { options, resolvePath } = context
  const directory = resolvePath(textOption(options, 'log')!)
  if (!existsSync(directory)) throw new ForgeError('INPUT_NOT_FOUND', `${directory} does not exist`)
  const policy = await trustOf(context)
  const anchors = await anchorsOf(context)
  const minIndex = numberOption(options, 'min-index', { min: 0, max: Number.MAX_SAFE_INTEGER })
  const entriesFrom = options['hashes-only'] === true ? Number.POSITIVE_INFINITY : (minIndex ?? 0)
  return await reportLog(context, (onProgress) =>
    verifyLog(directorySource(directory), policy, { anchors, entriesFrom, onProgress }),
  )
}

/** The log of the store that the options name. @returns the exit code */
export async function verifyStore(context: CommandContext): Promise<number> {
  const anchors = await anchorsOf(context)
  await using forge = await context.store.openAlone()
  const { audit } = forge
  return await reportLog(context, (onProgress) => verifyOwn(audit, { anchors, onProgress }))
}

/** `--receipt FILE`. @returns the exit code */
export async function verifyReceiptFile(context: CommandContext): Promise<number> {
  const { options, terminal, resolvePath } = context
  const policy = await trustOf(context)
  const text = await readInputText(resolvePath(textOption(options, 'receipt')!))
  const leafFile = textOption(options, 'leaf')
  const isBare = !text.trimStart().startsWith('{')
  if (isBare && leafFile === undefined)
    throw usageError('a bare proof says nothing about its leaf', 'Add --leaf FILE.')
  const verdict: Verdict =
    isBare && leafFile !== undefined
      ? verifyProof({ proof: text, leaf: await readInput(resolvePath(leafFile)) }, policy)
      : verifyReceipt(text, policy)
  if (!verdict.ok) {
    if (terminal.json) await terminal.printJson(verdict)
    return await refused(context, verdict)
  }
  const run = provenEntries(verdict)
  if (terminal.json) {
    const { entryContent: _, ...told } = verdict
    await terminal.printJson(run === undefined ? told : { ...told, entries: run.entries })
    return EXIT.ok
  }
  const { leaf, origin, index, size, witnesses } = verdict
  const what = leaf === undefined ? '' : `, ${leaf.action} by ${leaf.actor}`
  await terminal.printLine(
    `${terminal.style('ok', 'green')}  leaf ${index} of ${formatCount(size)}${printable(what)}; log ${printable(origin)}`,
  )
  for (const { name, seconds } of witnesses)
    await terminal.printLine(`    witness ${printable(name)} at ${new Date(seconds * 1000).toISOString()}`)
  if (run !== undefined) await terminal.print(renderProvenEntries(terminal, run))
  else if (hasEntryPart(text))
    terminal.note(
      'the receipt proves a hash of entries, not what they say: they are too large for it, or of a layout unknown here',
    )
  return EXIT.ok
}

/** A receipt that was accepted: whether it speaks of entries at all. */
function hasEntryPart(text: string): boolean {
  return text.trimStart().startsWith('{') && 'entry' in (JSON.parse(text) as object)
}

async function reportLog(
  context: CommandContext,
  verify: (onProgress: (leaves: number) => void) => Promise<LogVerdict>,
): Promise<number> {
  const { terminal, signal } = context
  const startedMs = performance.now()
  const progress = new Progress(terminal)
  let verdict: LogVerdict
  try {
    verdict = await verify((count) => {
      signal.throwIfAborted()
      progress.update({ label: 'verify', doneBytes: 0, totalBytes: undefined, count, unit: 'leaves' })
    })
  } finally {
    progress.clear()
  }
  if (!verdict.ok) {
    if (terminal.json) await terminal.printJson(verdict)
    return await refused(context, verdict)
  }
  const { origin, size, witnesses } = verdict
  const root = Buffer.from(verdict.root).toString('base64')
  if (terminal.json) await terminal.printJson({ ok: true, origin, size, root, witnesses })
  else
    await terminal.printLine(
      `${terminal.style('ok', 'green')}  ${formatCount(size)} leaves, root ${root}; log ${printable(origin)} in ${formatDuration(performance.now() - startedMs)}`,
    )
  return EXIT.ok
}

async function refused(
  { terminal }: CommandContext,
  { code, detail }: { readonly code: Parameters<typeof exitCodeOfCode>[0]; readonly detail: string },
): Promise<number> {
  if (!terminal.json)
    await terminal.printLine(`${terminal.style('refused', 'red')}  ${printable(detail)} [${code}]`)
  return exitCodeOfCode(code)
}

/** Every note of the anchor file. @throws INPUT_NOT_FOUND, AUDIT_ANCHOR_FAILED */
async function anchorsOf({
  options,
  resolvePath,
}: Pick<CommandContext, 'options' | 'resolvePath'>): Promise<readonly string[]> {
  const file = textOption(options, 'anchor')
  if (file === undefined) return []
  const path = resolvePath(file)
  if (!existsSync(path)) throw new ForgeError('INPUT_NOT_FOUND', `${path} does not exist`)
  const notes = await readNotes(path)
  if (notes.length === 0) throw new ForgeError('NOTE_FORMAT', `${path} holds no checkpoint`)
  return notes
}
