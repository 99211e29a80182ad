import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createWitness, directoryState, witnessServer } from '@forgeone/audit'
import { ForgeError, systemClock } from '@forgeone/common'
import { ed25519Signer } from '@forgeone/crypto'
import type { Command } from '../../program/command.ts'
import { textOption, usageError } from '../../program/parse-arguments.ts'
import { readPolicy } from './trust.ts'
import { lockState } from './witness-lock.ts'
import { witnessSeed } from './witness-seed.ts'

const PORT_MAX = 65_535

export const auditWitness: Command = {
  name: 'audit witness',
  summary: 'Run a witness: cosign checkpoints of other logs that continue what it saw',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {
    policy: { type: 'string', value: 'FILE', description: 'the logs it knows, as of c2sp.org/tlog-policy' },
    state: { type: 'string', value: 'DIR', description: 'where it keeps its key and what it saw' },
    name: { type: 'string', value: 'NAME', description: 'name of its key, such as witness.example.com/w1' },
    listen: { type: 'string', value: 'HOST:PORT', description: '127.0.0.1:7380 by default' },
  },
  examples: [
    'forge audit witness --policy logs.policy --state ./witness --name witness.example.com/w1',
    'forge audit witness --policy logs.policy --state ./witness --name w1 --listen 0.0.0.0:7380',
  ],
  async run({ options, terminal, resolvePath, signal }) {
    const [policyFile, state, name] = ['policy', 'state', 'name'].map((option) => {
      const value = textOption(options, option)
      if (value === undefined) throw usageError(`--${option} is missing`, 'A witness needs all three.')
      return value
    }) as [string, string, string]
    if (/[\s+]/.test(name)) throw usageError(`"${name}" holds a blank or a plus sign`, 'Choose another name.')
    const { host, port } = listenOf(textOption(options, 'listen') ?? '127.0.0.1:7380')
    const policy = await readPolicy(resolvePath(policyFile))
    const directory = resolvePath(state)
    await mkdir(directory, { recursive: true, mode: 0o700 })
    using lock = lockState(directory)
    const seed = await witnessSeed(join(directory, 'seed'))
    const signer = ed25519Signer(seed)
    seed.fill(0)
    const witness = createWitness({
      policy,
      name,
      signer,
      state: lock.guard(directoryState(directory)),
      clock: systemClock,
    })
    const server = witnessServer({ witness, policy })
    server.listen(port, host)
    await once(server, 'listening').catch((cause: unknown) => {
      throw new ForgeError('IO_FAILED', `nothing can listen on ${host}:${port}`, { cause })
    })
    const address = server.address()
    const listening = `${host}:${typeof address === 'object' ? address?.port : port}`
    if (terminal.json) await terminal.printJson({ listening, vkey: witness.verifierKey.text })
    else await terminal.print(`${witness.verifierKey.text}\nlistening on ${listening}\n`)
    // A witness runs until it is told to stop, which is no failure.
    if (!signal.aborted) await once(signal, 'abort')
    server.closeAllConnections()
    server.close()
  },
}

function listenOf(text: string): { host: string; port: number } {
  const at = text.lastIndexOf(':')
  const port = Number(text.slice(at + 1))
  const host = text.slice(0, Math.max(at, 0)).replace(/^\[(.*)\]$/, '$1')
  if (at > 0 && host !== '' && Number.isInteger(port) && port >= 0 && port <= PORT_MAX) return { host, port }
  throw usageError(`--listen takes HOST:PORT, not "${text}"`, 'Correct the address.')
}
