import { formatCount } from '../../render/quantities.ts'
import { Progress } from '../../render/progress.ts'
import type { Command } from '../../program/command.ts'
import { textOption, usageError } from '../../program/parse-arguments.ts'
import { describeReseal, showReseal } from './reseal-progress.ts'

export const keysRotate: Command = {
  name: 'keys rotate',
  summary: 'Seal with new data keys from now on, and everything stored too; or replace the master key',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {
    scope: { type: 'string', value: 'NAME', description: 'only this database, journal, or cache' },
    master: { type: 'boolean', description: 'replace the master key instead; instant, no data is touched' },
    'drop-others': {
      type: 'boolean',
      description: 'with --master: remove the slots that this secret does not open, instead of refusing',
    },
    later: { type: 'boolean', description: 'new keys now, but leave what is stored for keys reseal' },
    destroy: {
      type: 'boolean',
      description: 'destroy the old keys as soon as nothing is sealed under them; empties the cache',
    },
  },
  examples: [
    'forge keys rotate --data ./data',
    'forge keys rotate --destroy --data ./data',
    'forge keys rotate --master --data ./data',
  ],
  async run({ options, terminal, store, signal }) {
    const scope = textOption(options, 'scope')
    if (options['master'] === true && (scope !== undefined || options['later'] === true)) {
      throw usageError('--master takes neither --scope nor --later', 'The master key wraps all keys at once.')
    }
    if (options['master'] === true) {
      await store.remember()
      // Every way to open the store is made anew.
      await using forge = await store.openAlone()
      if (options['drop-others'] === true) {
        const { slots, openedSlot } = forge.keys.status()
        const dropped = slots.filter(({ id }) => id !== openedSlot)
        // Before it is done: whoever holds them should hear that they open nothing any more.
        for (const { id, kind } of dropped)
          terminal.note(
            `dropping slot ${id} (${kind})${kind === 'shares' ? ': all of its shares are worthless from now on' : ''}`,
          )
        for (const { id } of dropped) await forge.keys.removeProvider(id)
      }
      await forge.keys.rotateMaster({ providers: [await store.provider()] })
      const { revision } = forge.keys.status()
      if (terminal.json) await terminal.printJson({ master: true, revision })
      else terminal.note(`replaced the master key; the keyring has revision ${revision}`)
      return
    }
    await using forge = await store.open()
    const known = await forge.keys.scopes
    if (scope !== undefined && !known.includes(scope)) {
      throw usageError(`"${scope}" has no keys`, `Scopes are ${known.join(', ')}.`)
    }
    const made = await forge.keys.rotate(scope === undefined ? {} : { scopes: [scope] })
    terminal.note(`sealing with ${formatCount(made.length)} new keys`)
    const destroyed: number[] = []
    let resealed: Readonly<Record<string, number>> = {}
    if (options['later'] !== true) {
      const progress = new Progress(terminal)
      try {
        const report = await forge.keys.reseal({ signal, pace: 'full', onProgress: showReseal(progress) })
        resealed = Object.fromEntries(report.resealed)
        progress.clear()
        terminal.note(describeReseal(report))
      } finally {
        progress.clear()
      }
      if (options['destroy'] === true) {
        const old = (await forge.keys.status()).keys.filter(({ state }) => state === 'decrypt-only')
        for (const { id } of old) if (await forge.keys.destroyUnused(id)) destroyed.push(id)
        terminal.note(`destroyed ${formatCount(destroyed.length)} of ${formatCount(old.length)} old keys`)
        const images = await forge.checkpoints()
        if (destroyed.length < old.length && images.length > 0)
          terminal.note(
            `${formatCount(images.length)} images may need the others: see \`forge checkpoint --list\`, and \`--forget\` those that are gone`,
          )
      }
    }
    if (terminal.json) await terminal.printJson({ made, resealed, destroyed })
  },
}
