import type { Command } from '../../program/command.ts'
import { formatCount, formatTime } from '../../render/quantities.ts'
import { renderTable } from '../../render/table.ts'

export const keysStatus: Command = {
  name: 'keys status',
  summary: 'List the keys of a store and the ways to unlock them; never key material',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {},
  examples: ['forge keys status --data ./data'],
  async run({ terminal, store }) {
    await using forge = await store.open()
    const status = await forge.keys.status()
    const { slots, keys, revision, openedSlot, masterCreatedMs, unfinished } = status
    if (terminal.json) {
      await terminal.printJson(status)
      return
    }
    await terminal.printLine(`keyring revision ${revision}, master key of ${formatTime(masterCreatedMs)}\n`)
    await terminal.print(
      renderTable(
        terminal,
        [{ title: 'slot', align: 'right' }, { title: 'kind' }, { title: 'derivation' }, { title: 'created' }],
        slots.map((slot) => [
          `${slot.id}${slot.id === openedSlot ? ' (used)' : ''}`,
          slot.kind,
          slot.kdf,
          formatTime(slot.createdMs),
        ]),
      ),
    )
    await terminal.printLine('')
    await terminal.print(
      renderTable(
        terminal,
        [
          { title: 'scope' },
          { title: 'key id', align: 'right' },
          { title: 'epoch', align: 'right' },
          { title: 'suite' },
          { title: 'state' },
          { title: 'seals reserved', align: 'right' },
          { title: 'created' },
        ],
        keys.map((key) => [
          key.scope,
          String(key.id),
          String(key.epoch),
          key.suite,
          key.state,
          formatCount(key.sealsReserved),
          formatTime(key.createdMs),
        ]),
      ),
    )
    if (unfinished.length > 0) {
      terminal.note(
        `values of ${unfinished.join(', ')} may lie under older keys; go on with forge keys reseal`,
      )
    }
  },
}
