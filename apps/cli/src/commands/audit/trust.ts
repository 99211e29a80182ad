import {
  parsePolicy,
  parseVerifierKey,
  type Policy,
  type PolicyLog,
  type VerifierKey,
} from '@forgeone/audit/verify'
import { ForgeError } from '@forgeone/common'
import type { CommandContext } from '../../program/command.ts'
import type { OptionSpec } from '../../program/options.ts'
import { textOption, usageError } from '../../program/parse-arguments.ts'
import { readInput, readInputText } from './read-input.ts'

/** Options that say whom to believe. */
export const TRUST_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  vkey: { type: 'string', value: 'FILE', description: 'verifier keys of the log, one a line' },
  policy: { type: 'string', value: 'FILE', description: 'witnesses and quorum, as of c2sp.org/tlog-policy' },
  origin: {
    type: 'string',
    value: 'TEXT',
    description: 'the first line of its checkpoints, where that is not the name of the key',
  },
}

/**
 * The keys of `--vkey`, with the witnesses and the quorum of `--policy`; without `--vkey` the logs of the policy too.
 * @throws USAGE, POLICY_FORMAT, INPUT_NOT_FOUND, INPUT_UNREADABLE
 */
export async function trustOf({
  options,
  resolvePath,
}: Pick<CommandContext, 'options' | 'resolvePath'>): Promise<Policy> {
  const keyFile = textOption(options, 'vkey')
  const policyFile = textOption(options, 'policy')
  if (keyFile === undefined && policyFile === undefined)
    throw usageError('nothing says whom to believe', 'Add --vkey FILE, or --policy FILE.')
  const policy = policyFile === undefined ? undefined : await readPolicy(resolvePath(policyFile))
  if (keyFile === undefined) return policy!
  const origin = textOption(options, 'origin')
  const logs = (await readVerifierKeys(resolvePath(keyFile))).map((key): PolicyLog => {
    return { origin: origin ?? key.name, key }
  })
  return { witnesses: [], groups: [], quorum: undefined, ...policy, logs }
}

/** @throws POLICY_FORMAT, INPUT_NOT_FOUND, INPUT_UNREADABLE */
export async function readPolicy(path: string): Promise<Policy> {
  const policy = parsePolicy(await readInput(path))
  if (!policy.ok) throw new ForgeError(policy.code, `${path}: ${policy.detail}`)
  return policy.value
}

/** @throws POLICY_FORMAT, INPUT_NOT_FOUND, INPUT_UNREADABLE */
export async function readVerifierKeys(path: string): Promise<readonly VerifierKey[]> {
  const lines = (await readInputText(path)).split('\n').filter((line) => line.trim() !== '')
  if (lines.length === 0) throw new ForgeError('POLICY_FORMAT', `${path} holds no verifier key`)
  return lines.map((line, index) => {
    const key = parseVerifierKey(line.trim())
    if (key === undefined)
      throw new ForgeError('POLICY_FORMAT', `${path}: line ${index + 1} is no verifier key`)
    return key
  })
}
