import type { Receipt } from '@forgeone/audit'
import { ForgeError, ManualClock, systemRandom } from '@forgeone/common'
import { ed25519Signer, rawKeyProvider } from '@forgeone/crypto'
import { LocalStore, MemoryBackend, MemoryStoreFiles } from '@forgeone/engine'
import { CERTIFICATE_TYPE, digestOfCertificate, signDsse } from '@forgeone/evidence'
import { expect, test } from 'vitest'
import { AuditSource } from '../src/audit/audit-source.ts'
import { Forge, verifyCertificate, type ErasureCertificate } from '../src/index.ts'
import { Subjects } from '../src/subjects/subjects.ts'
import { temporaryFolder } from './temporary-folder.ts'

interface Harness {
  readonly store: LocalStore
  readonly source: AuditSource
  readonly subjects: Subjects
  /** What the next receipt fails with, or `none` for a store without a log; undefined for nothing. */
  receipts: ForgeError | 'none' | undefined
  /** Whether the commits that tell of keys fail. */
  erasedFails: boolean
  verify(certificate: ErasureCertificate): ReturnType<typeof verifyCertificate>
}

/** Erasure over a real store in memory, whose log may be out of order. */
async function openHarness(): Promise<Harness> {
  const clock = new ManualClock()
  const source = new AuditSource({ clock, logger: undefined, alongsideKeyChange: () => [] })
  const store = await LocalStore.open({
    databases: ['system', 'audit'],
    provider: rawKeyProvider(new Uint8Array(32).fill(7)),
    files: new MemoryStoreFiles(),
    backend: new MemoryBackend(),
    clock,
    observer: source,
  })
  source.connect(store, [])
  source.log?.start()
  const harness: Harness = {
    store,
    source,
    receipts: undefined,
    erasedFails: false,
    subjects: new Subjects({
      store,
      database: 'system',
      shredKeys: () => store.shredKeys(),
      signers: () => source.signers,
      receiptOf: async (sequence): Promise<Receipt | undefined> => {
        if (harness.receipts === 'none') return undefined
        if (harness.receipts !== undefined) throw harness.receipts
        return await source.log!.receipt(sequence)
      },
      alongsideKeys: () => {
        if (harness.erasedFails) throw new ForgeError('STORAGE_FULL', 'the disk is full')
        return []
      },
      clock,
      random: systemRandom,
    }),
    verify: (certificate) => {
      const envelope = signDsse({ payloadType: CERTIFICATE_TYPE, value: certificate }, source.signers)
      return verifyCertificate({ envelope: JSON.stringify(envelope), vkey: vkeyOf(source) })
    },
  }
  return harness
}

function vkeyOf({ log }: Pick<AuditSource, 'log'>): string {
  return log!.verifierKeys.map(({ text }) => `${text}\n`).join('')
}

test('a certificate bears the receipt of its leaf, stays the same, and is verified without the store', async () => {
  await using folder = await temporaryFolder()
  const options = { path: `${folder.path}/data`, secret: { key: new Uint8Array(32).fill(3) }, shardCount: 1 }
  const first = await Forge.open(options)
  await first.subjects.seal('ann', 'x')
  const erasure = await first.subjects.erase('ann', { requestId: 'R' })
  expect(await first.subjects.erase('ann', { requestId: 'R' })).toEqual(erasure)
  await first.close()
  const second = await Forge.open(options)
  expect(await second.subjects.erase('ann', { requestId: 'R' })).toEqual(erasure)
  const vkey = vkeyOf({ log: second.audit })
  const leaf = JSON.parse(erasure.certificate.receipt!.leaf)
  expect(JSON.parse(await second.audit.leaf(leaf.seq))).toEqual(leaf)
  await second.close()
  const verdict = verifyCertificate({ envelope: JSON.stringify(erasure.envelope), vkey })
  expect(verdict).toEqual({
    ok: true,
    certificate: erasure.certificate,
    leaf: { index: leaf.seq, time: leaf.at },
  })
  expect(leaf).toMatchObject({ act: 'subject.erased', ctx: { requestId: 'R', shredKeys: 1 } })
})

test('a certificate of a log that can sign nothing is one all the same, and the same request adds the receipt', async () => {
  const harness = await openHarness()
  const { subjects, store } = harness
  await subjects.seal('ann', 'x')
  harness.receipts = new ForgeError('AUDIT_DIVERGED', 'the log is not what was signed')
  const { certificate, envelope } = await subjects.erase('ann', { requestId: 'R' })
  expect(certificate.receipt).toBeUndefined()
  const vkey = vkeyOf(harness.source)
  expect(verifyCertificate({ envelope: JSON.stringify(envelope), vkey })).toEqual({ ok: true, certificate })
  harness.receipts = undefined
  const { certificate: proven } = await subjects.erase('ann', { requestId: 'R' })
  const { receipt, ...rest } = proven
  expect(rest).toEqual(certificate)
  expect(JSON.parse(receipt!.leaf).act).toBe('subject.erased')
  harness.receipts = 'none'
  expect((await subjects.erase('ann', { requestId: 'R' })).certificate).toEqual(proven)
  await store.close()
})

test('a certificate whose receipt is of another leaf, or broken, or that was signed by another key, is refused', async () => {
  const harness = await openHarness()
  const { subjects, store, source, verify } = harness
  for (const name of ['ann', 'bob']) await subjects.seal(name, 'x')
  const { certificate, envelope } = await subjects.erase('ann')
  const { certificate: other } = await subjects.erase('bob')
  const receipt = certificate.receipt!
  expect(verify(certificate).ok).toBe(true)
  const context = `{"certificate":"${digestOfCertificate(certificate)}"}`
  const facts = { actor: 'app', action: 'test.write', resourceClass: 'test', context }
  const { sequence } = await store.commit(() => ({ facts, operations: [] }))
  const broken = [
    { ...certificate, receipt: other.receipt },
    { ...certificate, receipt: await source.log!.receipt(0) },
    { ...certificate, receipt: await source.log!.receipt(sequence) },
    { ...certificate, shredKeys: certificate.shredKeys + 1 },
    {
      ...certificate,
      receipt: { ...receipt, leaf: receipt.leaf.replace('"outcome":"ok"', '"outcome":"no"') },
    },
    { ...certificate, receipt: 'none' },
    { ...certificate, records: 3 },
  ]
  // What somebody with the key of the store may have signed.
  for (const each of broken) expect(verify(each as ErasureCertificate).ok, JSON.stringify(each)).toBe(false)
  const vkey = vkeyOf(source)
  const foreign = signDsse({ payloadType: CERTIFICATE_TYPE, value: certificate }, [
    ed25519Signer(new Uint8Array(32)),
  ])
  expect(verifyCertificate({ envelope: JSON.stringify(foreign), vkey })).toMatchObject({ ok: false })
  expect(verifyCertificate({ envelope: JSON.stringify(envelope), vkey: 'none' })).toMatchObject({ ok: false })
  expect(verifyCertificate({ envelope: 'none', vkey })).toMatchObject({ ok: false })
  await store.close()
})

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => 'nothing',
    (error: unknown) => (error instanceof ForgeError ? error.code : error),
  )
}

test('an erasure that could not be told of when it was done is certified when it is asked for again, under its own request', async () => {
  for (const again of [undefined, 'R', 'S']) {
    const harness = await openHarness()
    const { subjects, store } = harness
    const sealed = await subjects.seal('ann', 'x')
    harness.erasedFails = true
    expect(await codeOf(subjects.erase('ann', { requestId: 'R' }))).toBe('STORAGE_FULL')
    expect(await codeOf(subjects.open(sealed))).toBe('CRYPTO_KEY_DESTROYED')
    harness.erasedFails = false
    if (again === 'S') {
      // Nothing is left for another request, but the first one has its certificate.
      expect(await codeOf(subjects.erase('ann', { requestId: 'S' }))).toBe('SUBJECT_UNKNOWN')
    }
    const { certificate } = await subjects.erase('ann', { requestId: again === 'S' ? 'R' : again })
    expect(certificate).toMatchObject({ requestId: 'R', shredKeys: 1, postScan: { opened: 0 } })
    await store.close()
  }
})
