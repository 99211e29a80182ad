import { open } from 'node:fs/promises'
import { ForgeError, systemCode, systemRandom } from '@forgeone/common'
import type { Command } from '../../program/command.ts'

/** What a key file holds. */
const KEY_FILE_BYTES = 32

export const keysGenerateFile: Command = {
  name: 'keys generate-file',
  summary:
    'Make a key file: 32 random bytes, readable by this user alone; a file that is there is never touched',
  usage: 'FILE',
  positionals: { min: 1, max: 1 },
  options: {},
  examples: [
    'forge keys generate-file /media/usb/recovery.key',
    'forge init ./data --key-file /secrets/data.key',
  ],
  async run({ positionals, terminal, resolvePath }) {
    const file = resolvePath(positionals[0]!)
    const key = systemRandom.bytes(KEY_FILE_BYTES)
    try {
      await using handle = await open(file, 'wx', 0o600)
      await handle.writeFile(`${Buffer.from(key).toString('base64')}\n`)
      await handle.sync()
    } catch (cause) {
      const isThere = systemCode(cause) === 'EEXIST'
      const reason = isThere
        ? 'is there already, and is not overwritten'
        : `cannot be made (${systemCode(cause) ?? 'unknown'})`
      throw new ForgeError(isThere ? 'USAGE' : 'IO_FAILED', `${file} ${reason}`, {
        cause,
        ...(isThere && { hint: 'Choose another name: what it opens could not be opened any more.' }),
      })
    } finally {
      key.fill(0)
    }
    if (terminal.json) await terminal.printJson({ file })
    else terminal.note(`made ${file}; keep it apart from the store, and a copy of it elsewhere`)
  },
}
