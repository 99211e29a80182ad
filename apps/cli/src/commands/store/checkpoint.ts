import type { Forge } from '@forgeone/storage-manager'
import type { Command } from '../../program/command.ts'
import { textOption, usageError } from '../../program/parse-arguments.ts'
import { EXIT } from '../../program/exit-codes.ts'
import { formatBytes, formatCount } from '../../render/quantities.ts'
import { printable } from '../../render/printable.ts'
import type { Terminal } from '../../render/terminal.ts'

export const checkpoint: Command = {
  name: 'checkpoint',
  summary: 'Take an image of the store beside its work, by hard links; list and forget those that were taken',
  usage: '[DIR]',
  positionals: { min: 0, max: 1 },
  options: {
    list: { type: 'boolean', description: 'the images that were taken and not forgotten' },
    forget: { type: 'string', value: 'ID', description: 'it is gone: its keys may be destroyed from now on' },
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

async function take(forge: Forge, directory: string, terminal: Terminal): Promise<number> {
  const image = await forge.checkpoint(directory)
  if (terminal.json) {
    await terminal.printJson({ directory, ...image })
    return EXIT.ok
  }
  const { id, sequence, linkedFiles, copiedBytes } = image
  const what = `${formatCount(linkedFiles)} files linked, ${formatBytes(copiedBytes)} copied`
  await terminal.printLine(
    `image ${id} of commit ${formatCount(sequence)} in ${printable(directory)}: ${what}`,
  )
  terminal.note(
    'It shares its disk with the store, so it is no backup by itself. Keys are not part of it: to open it, copy',
  )
  terminal.note(
    'keyring, keyring.copy and keys of the store into it. It is only read until `forge audit accept-rollback`.',
  )
  return EXIT.ok
}

async function list(forge: Forge, terminal: Terminal): Promise<number> {
  const images = await forge.checkpoints()
  if (terminal.json) await terminal.printJson(images)
  else
    for (const { id, directory, sequence, time } of images)
      await terminal.printLine(
        `${id}  ${new Date(time).toISOString()}  commit ${sequence}  ${printable(directory)}`,
      )
  return EXIT.ok
}

async function forgetOne(forge: Forge, id: string, terminal: Terminal): Promise<number> {
  const known = await forge.forgetCheckpoint(id)
  if (terminal.json) await terminal.printJson({ forgotten: known })
  else if (known) terminal.note('forgotten; keys that only it needed can be destroyed')
  else terminal.note('no image has this id; see `forge checkpoint --list`')
  return known ? EXIT.ok : EXIT.notFound
}
