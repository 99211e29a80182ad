/** Settings with versions, and a feature that is switched on for a growing share of users. */
import { isForgeError } from '@forgeone/common'
import { Forge } from '@forgeone/storage-manager'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const path = await mkdtemp(join(tmpdir(), 'forge-settings-'))
const forge = await Forge.open({ path, secret: 'correct horse battery staple' })

const { version } = await forge.settings.set('mail.sender', { name: 'Shop', address: 'shop@example.org' })
await forge.settings.set(
  'mail.sender',
  { name: 'Shop', address: 'hello@example.org' },
  { expectedVersion: version },
)
const late = await forge.settings
  .set('mail.sender', 'too late', { expectedVersion: version })
  .catch((error: unknown) => error)
console.log(isForgeError(late, 'STREAM_VERSION_CONFLICT'), await forge.settings.list('mail.'))

for (const percent of [0, 25, 100]) {
  await forge.flags.set('new-checkout', { enabled: true, percent })
  const users = Array.from({ length: 200 }, (_, index) => `user-${index}`)
  const answers = await Promise.all(users.map((user) => forge.flags.isEnabled('new-checkout', user)))
  console.log(`${percent} %: on for ${answers.filter(Boolean).length} of ${users.length}`)
}

await forge.close()
await rm(path, { recursive: true })
