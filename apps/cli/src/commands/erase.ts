import { writeFile } from 'node:fs/promises'
import { ForgeError } from '@forgeone/common'
import type { Command } from '../program/command.ts'
import { textOption, usageError } from '../program/parse-arguments.ts'
import { formatCount } from '../render/quantities.ts'

export const erase: Command = {
  name: 'erase',
  summary: 'Make everything sealed for a subject unreadable for good, and certify it',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {
    subject: { type: 'string', value: 'NAME', description: 'the subject, as it was sealed for' },
    request: {
      type: 'string',
      value: 'ID',
      description: 'name of the request; the same one gives the same certificate',
    },
    out: { type: 'string', short: 'o', value: 'FILE', description: 'write the signed certificate there' },
    yes: { type: 'boolean', description: 'really erase' },
  },
  examples: ['forge erase --subject customer-4711 --request R-12 --out certificate.json --yes --data ./data'],
  async run({ options, terminal, store, resolvePath }) {
    const subject = textOption(options, 'subject')
    if (subject === undefined) throw usageError('no subject is named', 'Add --subject NAME.')
    if (options['yes'] !== true)
      throw usageError('what is erased cannot be brought back', 'Add --yes to erase it.')
    await using forge = await store.open()
    const { certificate, envelope } = await forge.subjects.erase(subject, {
      requestId: textOption(options, 'request'),
    })
    const out = textOption(options, 'out')
    if (out !== undefined) await writeCertificate(resolvePath(out), envelope)
    if (terminal.json) {
      await terminal.printJson({ certificate, envelope })
      return
    }
    const { shredKeys, residuals, requestId } = certificate
    await terminal.printLine(`erased  ${formatCount(shredKeys)} keys, request ${requestId}`)
    for (const { where, what, until } of residuals)
      await terminal.printLine(`left in ${where}: ${what}, until ${until}`)
  },
}

async function writeCertificate(path: string, envelope: unknown): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(envelope)}\n`, { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    throw new ForgeError('IO_FAILED', `${path} cannot be written; it must not exist yet`, {
      cause,
      hint: 'The erasure is done. Run the same request again with another file for its certificate.',
    })
  }
}
