// Run by the crash test in a process of its own: adds scopes until it is killed.

import { keyringFileIn } from '../src/index.ts'
import { reopen } from './fixtures.ts'

const [, , folder] = process.argv
const keyring = await reopen({ file: keyringFileIn(folder!) })
process.stdout.write('ready\n')
for (let next = keyring.list().length; ; next++) await keyring.ensureScopes([`scope_${next}`])
