import type { ConnectedForge } from '@forgeone/storage-manager'
import type { Command } from '../../program/command.ts'
import { textOption, usageError } from '../../program/parse-arguments.ts'
import { EXIT } from '../../program/exit-codes.ts'
import { formatBytes, formatCount } from '../../render/quantities.ts'
import { printable } from '../../render/printable.ts'
import type { Terminal } from '../../render/terminal.ts'

export const checkpoint: Command = {
  name: 'checkpoint',
  summary:
    'Take an image of the store beside its work, by hard links where they can be made; list and forget images',
  usage: '[DIR]',
  positionals: { min: 0, max: 1 },
  options: {
    list: { type: 'boolean', description: 'the images that were taken and not forgotten' },
    forget: {
      type: 'string',
      value: 'ID',
      description: 'it is gone: its keys may be destroyed from now on; the first digits of the id are enough',
    },
  },
  examples: [
    'forge checkpoint /backup/monday --data ./data',
    'forge checkpoint --list --data ./data',
    'forge checkpoint --forget 5e…5e --data ./data',
  ],
  async run({ options, positionals, terminal, store, resolvePath }) {
    const [directory] = positionals
    const forget = textOption(options, 'forget')
    const asked = [directory, forget, options['list'] === true ? true : undefined]
    if (asked.filter((each) => each !== undefined).length !== 1)
      throw usageError(
        'one thing is needed',
        'Name a directory that does not exist yet, or give --list or --forget ID.',
      )
    await using forge = await store.open()
    if (forget !== undefined) return await forgetOne(forge, forget, terminal)
    if (directory === undefined) return await list(forge, terminal)
    return await take(forge, resolvePath(directory), terminal)
  },
}

async function take(forge: ConnectedForge, directory: string, terminal: Terminal): Promise<number> {
  const image = await forge.checkpoint(directory)
  if (terminal.json) {
    await terminal.printJson({ directory, ...image })
    return EXIT.ok
  }
  const { id, sequence, linkedFiles, copiedFiles, copiedBytes } = image
  const what = `${formatCount(linkedFiles)} files linked, ${formatBytes(copiedBytes)} copied`
  await terminal.printLine(
    `image ${id} of commit ${formatCount(sequence)} in ${printable(directory)}: ${what}`,
  )
  terminal.note(sharingText({ linkedFiles, copiedFiles }))
  terminal.note(
    'Keys are not part of it: to open it, copy keyring, keyring.copy and keys of the store into it. It is only read',
  )
  terminal.note('until `forge audit accept-rollback`.')
  return EXIT.ok
}

/** What was done decides: on another file system nothing can be linked. */
function sharingText({ linkedFiles, copiedFiles }: { linkedFiles: number; copiedFiles: number }): string {
  if (linkedFiles === 0) return 'It shares nothing with the store.'
  const which = copiedFiles === 0 ? 'its tables' : `${formatCount(linkedFiles)} of its tables`
  return `It shares the disk space of ${which} with the store, so it is no backup by itself.`
}

async function list(forge: ConnectedForge, terminal: Terminal): Promise<number> {
  const images = await forge.checkpoints()
  if (terminal.json) await terminal.printJson(images)
  else
    for (const { id, directory, sequence, time } of images)
      await terminal.printLine(
        `${id}  ${new Date(time).toISOString()}  commit ${sequence}  ${printable(directory)}`,
      )
  return EXIT.ok
}

/** Fewer digits are typed by mistake. */
const ID_DIGITS_MIN = 4

/** The one image whose id begins so. @throws USAGE when several do */
async function idOf(forge: ConnectedForge, given: string): Promise<string | undefined> {
  const begin = given.toLowerCase()
  if (begin.length < ID_DIGITS_MIN)
    throw usageError(`"${given}" names no image`, `Give at least ${ID_DIGITS_MIN} digits of its id.`)
  const found = (await forge.checkpoints()).filter(({ id }) => id.startsWith(begin))
  if (found.length > 1)
    throw usageError(
      `the ids of ${found.length} images begin with ${begin}`,
      'Give more digits; see `forge checkpoint --list`.',
    )
  return found[0]?.id
}

async function forgetOne(forge: ConnectedForge, given: string, terminal: Terminal): Promise<number> {
  const id = await idOf(forge, given)
  const known = id !== undefined && (await forge.forgetCheckpoint(id))
  if (terminal.json) await terminal.printJson({ forgotten: known })
  else if (known) terminal.note('forgotten; keys that only it needed can be destroyed')
  else terminal.note('no image has this id; see `forge checkpoint --list`')
  return known ? EXIT.ok : EXIT.notFound
}
