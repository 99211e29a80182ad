import { ForgeError, toHex } from '@forgeone/common'
import { newMetadata, type SecretMetadata, type SecretVersion } from './secret-metadata.ts'

export const SECRETS_MAX = 100_000

export interface SetSecretOptions {
  /** Check and set: 0 means there must be none, n that the current version is n. */
  readonly cas?: number | undefined
  /** The version can be read for so many milliseconds. */
  readonly ttlMs?: number | undefined
}

/** @throws VAULT_CAS_MISMATCH, VAULT_CAS_REQUIRED */
export function checkCas(metadata: SecretMetadata | undefined, cas: number | undefined): void {
  if (cas === undefined) {
    if (metadata?.casRequired !== true) return
    throw new ForgeError('VAULT_CAS_REQUIRED', 'this secret is only set with the version it should replace')
  }
  const current = metadata === undefined || metadata.versions.length === 0 ? 0 : metadata.current
  if (cas === current) return
  throw new ForgeError('VAULT_CAS_MISMATCH', `the current version is ${current}, not ${cas}`, {
    details: { current },
  })
}

/**
 * The metadata with one version more, and the versions that are beyond what is kept.
 * @param at.count secrets of the vault
 * @throws VAULT_CAS_MISMATCH, VAULT_CAS_REQUIRED, VAULT_LIMIT
 */
export function withVersion(
  {
    known,
    path,
    count,
  }: { readonly known: SecretMetadata | undefined; readonly path: string; readonly count: number },
  o: {
    readonly ref: Uint8Array
    readonly time: number
    readonly by: string
    readonly options: SetSecretOptions
  },
): { metadata: SecretMetadata; dropped: readonly SecretVersion[] } {
  const { cas, ttlMs } = o.options
  checkCas(known, cas)
  if (known === undefined && count >= SECRETS_MAX) {
    throw new ForgeError('VAULT_LIMIT', `a vault holds at most ${SECRETS_MAX} secrets`)
  }
  const before = known ?? newMetadata(path)
  const current = before.current + 1
  const expires = ttlMs === undefined ? {} : { expires: o.time + ttlMs }
  const added: SecretVersion = { version: current, created: o.time, by: o.by, ref: toHex(o.ref), ...expires }
  const versions = [...before.versions, added]
  const dropped = versions.slice(0, Math.max(0, versions.length - before.kept))
  const toErase = [...before.toErase, ...dropped.flatMap(({ ref }) => ref ?? [])]
  const metadata = { ...before, current, versions: versions.slice(dropped.length), toErase }
  return { metadata, dropped }
}

/** Changes the chosen versions, by default the current one. @throws VAULT_UNKNOWN */
export function mapVersions(
  metadata: SecretMetadata,
  chosen: readonly number[] | undefined,
  change: (version: SecretVersion) => SecretVersion,
): SecretMetadata {
  const numbers = new Set(chosen ?? [metadata.current])
  for (const number of numbers) {
    if (!metadata.versions.some(({ version }) => version === number)) {
      throw new ForgeError('VAULT_UNKNOWN', `the secret has no version ${number}`)
    }
  }
  const versions = metadata.versions.map((each) => (numbers.has(each.version) ? change(each) : each))
  return { ...metadata, versions }
}
