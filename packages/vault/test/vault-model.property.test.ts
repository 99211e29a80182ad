import {
  assert,
  asyncProperty,
  array,
  constantFrom,
  integer,
  oneof,
  record,
  constant,
  option,
  type Arbitrary,
} from 'fast-check'
import { expect, inject, test } from 'vitest'
import { codeOf, openVault, type VaultHost } from './vault-host.ts'

type Step =
  | {
      readonly kind: 'set'
      readonly path: string
      readonly cas: number | null
      readonly ttlMs: number | null
    }
  | {
      readonly kind: 'delete' | 'undelete' | 'destroy'
      readonly path: string
      readonly version: number | null
    }
  | { readonly kind: 'purge'; readonly path: string }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'reopen' | 'lock' }

const path = constantFrom('a', 'b/c', 'b/d')
const version = option(integer({ min: 1, max: 6 }))
const step: Arbitrary<Step> = oneof(
  {
    weight: 6,
    arbitrary: record({
      kind: constant('set' as const),
      path,
      cas: option(integer({ min: 0, max: 4 }), { freq: 2 }),
      ttlMs: option(integer({ min: 1, max: 50 }), { freq: 2 }),
    }),
  },
  {
    weight: 3,
    arbitrary: record({
      kind: constantFrom('delete' as const, 'undelete' as const, 'destroy' as const),
      path,
      version,
    }),
  },
  { weight: 1, arbitrary: record({ kind: constant('purge' as const), path }) },
  {
    weight: 2,
    arbitrary: record({ kind: constant('advance' as const), ms: integer({ min: -30, max: 40 }) }),
  },
  { weight: 1, arbitrary: record({ kind: constantFrom('reopen' as const, 'lock' as const) }) },
)

interface ModelVersion {
  readonly value: string
  deleted: boolean
  destroyed: boolean
  readonly expires: number
}

/** The plainest vault: a map of maps. */
class Model {
  readonly secrets = new Map<string, { current: number; versions: Map<number, ModelVersion> }>()

  of(name: string): { current: number; versions: Map<number, ModelVersion> } {
    let secret = this.secrets.get(name)
    if (secret === undefined) this.secrets.set(name, (secret = { current: 0, versions: new Map() }))
    return secret
  }

  read(name: string, number: number, now: number): string | undefined {
    const found = this.secrets.get(name)?.versions.get(number)
    if (found === undefined || found.deleted || found.expires <= now) return undefined
    return found.destroyed ? 'VAULT_VERSION_DESTROYED' : found.value
  }
}

async function apply(host: VaultHost, model: Model, one: Step, label: string, now: number): Promise<void> {
  const { vault } = host
  if (one.kind === 'set') {
    const secret = model.of(one.path)
    const known = secret.versions.size === 0 ? 0 : secret.current
    const options = {
      ...(one.cas === null ? {} : { cas: one.cas }),
      ...(one.ttlMs === null ? {} : { ttlMs: one.ttlMs }),
    }
    const code = await codeOf(vault.set(one.path, label, options))
    if (one.cas !== null && one.cas !== known) {
      expect(code).toBe('VAULT_CAS_MISMATCH')
      return
    }
    expect(code).toBe('nothing')
    secret.current++
    const expires = one.ttlMs === null ? Number.POSITIVE_INFINITY : now + one.ttlMs
    secret.versions.set(secret.current, { value: label, deleted: false, destroyed: false, expires })
    if (secret.versions.size > 10) secret.versions.delete(secret.current - 10)
  } else if (one.kind === 'delete' || one.kind === 'undelete' || one.kind === 'destroy') {
    const secret = model.secrets.get(one.path)
    const number = one.version ?? secret?.current ?? 0
    const chosen = one.version === null ? undefined : [one.version]
    const code = await codeOf(vault[one.kind](one.path, chosen))
    const found = secret?.versions.get(number)
    expect(code).toBe(found === undefined ? 'VAULT_UNKNOWN' : 'nothing')
    if (found === undefined) return
    if (one.kind === 'destroy') found.destroyed = true
    else found.deleted = one.kind === 'delete'
  } else if (one.kind === 'purge') {
    const secret = model.secrets.get(one.path)
    const exists = (secret?.versions.size ?? 0) > 0
    expect(await codeOf(vault.purge(one.path))).toBe(exists ? 'nothing' : 'VAULT_UNKNOWN')
    secret?.versions.clear()
  }
}

test('any history of sets, deletions, destructions, clocks and reopenings reads as the plainest vault does', async () => {
  await assert(
    asyncProperty(array(step, { minLength: 10, maxLength: 30, size: 'max' }), async (steps) => {
      let host = await openVault()
      const model = new Model()
      let latest = host.clock.now()
      for (const [index, one] of steps.entries()) {
        latest = Math.max(latest, host.clock.now())
        if (one.kind === 'advance') host.clock.advance(one.ms)
        else if (one.kind === 'reopen') host = await host.reopen()
        else if (one.kind === 'lock') host.vault.close()
        else await apply(host, model, one, `value ${index}`, latest)
        latest = Math.max(latest, host.clock.now())
        // Time is that of commits: without one the vault has not seen what the clock says now.
        await host.vault.get('unknown')
        for (const name of ['a', 'b/c', 'b/d']) {
          for (let number = 1; number <= (model.secrets.get(name)?.current ?? 0); number++) {
            const read = await host.vault.get(name, { version: number }).then(
              (value) => value?.text(),
              (error: Error & { code?: string }) => error.code,
            )
            expect([index, one, name, number, read]).toEqual([
              index,
              one,
              name,
              number,
              model.read(name, number, latest),
            ])
          }
        }
      }
      await host.store.close()
    }),
    { numRuns: inject('isLongTier') ? 1000 : 60 },
  )
})
