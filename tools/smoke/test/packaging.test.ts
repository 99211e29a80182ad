import { copyFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, matchesGlob } from 'node:path'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import {
  filesBelow,
  packFolder,
  promisedFiles,
  PUBLISHED_FOLDERS,
  runNode,
  type PackedPackage,
} from '../src/packed-packages.ts'

const root = join(import.meta.dirname, '../../..')
const { path: project, packages: packed } = inject('packedProject')

/** A program whose own modules and packages are in a few files: its build removes what it did not write. */
const BUNDLED = 'apps/cli'

/** Names in a tarball's `dist` against what the sources make: what is packed and has no source, and what is missing. */
function againstSources(
  { fileNames, manifest }: PackedPackage,
  sources: readonly string[],
): { readonly stale: readonly string[]; readonly missing: readonly string[] } {
  const made = sources.flatMap((name) =>
    name.endsWith('.ts') ? [name.replace(/\.ts$/, '.js'), name.replace(/\.ts$/, '.d.ts')] : [name],
  )
  const leftOut = manifest.files.filter((pattern) => pattern.startsWith('!')).map((one) => one.slice(1))
  const inDist = fileNames.filter((name) => name.startsWith('dist/')).map((name) => name.slice(5))
  return {
    stale: inDist.filter((name) => !made.includes(name)),
    missing: made.filter(
      (name) => !inDist.includes(name) && !leftOut.some((one) => matchesGlob(`dist/${name}`, one)),
    ),
  }
}

describe.each(PUBLISHED_FOLDERS)('%s as packed', (folder) => {
  const one = packed[folder]!
  const { fileNames, manifest } = one

  test('holds what users need and nothing else', () => {
    for (const name of ['package.json', 'README.md', 'LICENSE']) expect(fileNames).toContain(name)
    const strangers = fileNames.filter(
      (name) =>
        !/^(?:package\.json|README\.md|LICENSE|dist\/[\w/-]+\.(?:m?js|d\.ts)|dist\/THIRD-PARTY\.txt)$/.test(
          name,
        ),
    )
    expect(strangers).toEqual([])
  })

  test.skipIf(folder === BUNDLED)(
    'holds what its sources make, and nothing of sources that are gone',
    async () => {
      const sources = await filesBelow(join(root, folder, 'src'))
      expect(againstSources(one, sources)).toEqual({ stale: [], missing: [] })
    },
  )

  test('holds every file that its manifest promises', () => {
    const promised = promisedFiles(manifest)
    expect(promised).not.toEqual([])
    expect(promised.filter((name) => !fileNames.includes(name))).toEqual([])
  })

  test('names versions instead of the workspace', () => {
    const { dependencies = {} } = manifest
    for (const range of Object.values(dependencies)) expect(range).toMatch(/^\^?\d/)
  })
})

test('a package is built when it is packed, and without what a deleted source had made', async () => {
  const copy = await mkdtemp(join(tmpdir(), 'forge-copy-'))
  const folder = join(copy, 'packages/common')
  for (const path of ['package.json', 'tsconfig.json', 'README.md', 'LICENSE', 'src'])
    await cp(join(root, 'packages/common', path), join(folder, path), { recursive: true })
  await cp(join(root, 'tsconfig.base.json'), join(copy, 'tsconfig.base.json'))
  await cp(join(root, 'tools/publishing/src'), join(copy, 'tools/publishing/src'), { recursive: true })
  // The compiler and types of the workspace; the package itself has no dependencies.
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  await mkdir(join(folder, 'dist'))
  await writeFile(join(folder, 'dist/stale-thing.js'), 'export const stale = 1\n')

  const fileNames = await packFolder(folder, join(copy, 'packed.tgz'))

  const sources = await filesBelow(join(folder, 'src'))
  const { manifest } = packed['packages/common']!
  expect(againstSources({ fileNames, manifest }, sources)).toEqual({ stale: [], missing: [] })
  expect(await filesBelow(join(folder, 'dist'))).not.toContain('stale-thing.js')
  // The same check sees a file that is there though it should not be, and one that is not.
  const changed = { manifest, fileNames: [...fileNames, 'dist/stale-thing.js'] }
  expect(againstSources(changed, [...sources, 'new.ts'])).toEqual({
    stale: ['stale-thing.js'],
    missing: ['new.js', 'new.d.ts'],
  })
  await rm(copy, { recursive: true })
})

const USES: Readonly<Record<string, string>> = {
  common: `
    import { ByteReader, ByteWriter } from '@forgeone/common'
    const bytes = new ByteWriter().text('ok').finish()
    console.log(new ByteReader(bytes, { code: 'INTERNAL', what: 'it' }).text())`,
  merkle: `
    import { auditPath, leafHash, treeRoot, verifyInclusion } from '@forgeone/merkle'
    const leaves = ['a', 'b', 'c'].map((text) => leafHash(Buffer.from(text)))
    const claim = { index: 2, size: 3, leaf: leaves[2], hashes: auditPath(leaves, 2), root: treeRoot(leaves) }
    console.log(verifyInclusion(claim) ? 'ok' : 'refused')`,
  crypto: `
    import { systemClock, systemRandom } from '@forgeone/common'
    import { createKeyring, keyringFileIn, rawKeyProvider } from '@forgeone/crypto'
    const keyring = await createKeyring({
      file: keyringFileIn(process.cwd()), provider: rawKeyProvider(systemRandom.bytes(32)), storeId: systemRandom.bytes(16),
      clock: systemClock, random: systemRandom, suite: 'aes-256-gcm', scopes: ['a'],
    })
    const sealer = keyring.sealer('a', Uint8Array.of(1))
    const key = Uint8Array.of(2)
    console.log(Buffer.from(sealer.open(key, sealer.seal(key, Buffer.from('ok')))).toString())
    await keyring.flush()
    keyring.lock()`,
  'log-codec': `
    import { encodeSection, Section } from '@forgeone/log-codec'
    const rows = {
      count: 1, offsets: undefined, timestamps: Float64Array.of(1), levels: Uint8Array.of(9), textKinds: undefined,
      text: Buffer.from('ok'), textOffsets: Uint32Array.of(0, 2), metadata: new Map(), ids: new Map(), markers: new Map(),
    }
    const { bytes } = encodeSection(rows, { level: 'max' })
    console.log(Buffer.from(new Section(bytes).textBytes(0)).toString())`,
  engine: `
    import { rawKeyProvider } from '@forgeone/crypto'
    import { LocalStore } from '@forgeone/engine'
    const store = await LocalStore.open({ path: './engine-store', databases: ['a'], provider: rawKeyProvider(new Uint8Array(32)) })
    const facts = { actor: 'a', action: 'a.b', resourceClass: 'a' }
    const key = Uint8Array.of(1)
    await store.commit(() => ({ facts, operations: [{ type: 'put', database: 'a', key, value: Buffer.from('ok') }] }))
    console.log(Buffer.from(await store.get('a', key)).toString())
    await store.close()`,
  audit: `
    import { AuditLog, formatReceipt } from '@forgeone/audit'
    import { parsePolicy, verifyReceipt } from '@forgeone/audit/verify'
    import { systemClock } from '@forgeone/common'
    import { ed25519Signer } from '@forgeone/crypto'
    const rows = new Map()
    const put = (written) => written.forEach(({ key, value }) => rows.set(Buffer.from(key).toString('hex'), value))
    const get = async (key) => rows.get(Buffer.from(key).toString('hex'))
    const store = {
      get, getMany: (keys) => Promise.all(keys.map(get)), scan: async function* () {}, write: async (written) => put(written),
      caughtUp: async () => {},
    }
    const log = new AuditLog({
      storeId: new Uint8Array(16), generation: new Uint8Array(8), signer: ed25519Signer(new Uint8Array(32)), clock: systemClock,
    })
    await log.load(store, 0)
    const facts = { actor: 'a', action: 'a.ok', resourceClass: 'a' }
    put(log.observe([{ sequence: 0, time: 1, facts, operations: [], nonce: new Uint8Array(16) }]))
    const policy = parsePolicy('log ' + log.verifierKeys[0].text + '\\nquorum none\\n')
    const verdict = verifyReceipt(formatReceipt(await log.receipt(0)), policy.value)
    console.log(verdict.leaf.action.slice(2))
    await log.close()`,
  ipc: `
    import { mkdtempSync } from 'node:fs'
    import { connect, serve, valueMethods } from '@forgeone/ipc'
    const path = mkdtempSync('/tmp/ipc-') + '/s'
    const description = { kind: 'object', methods: valueMethods('echo') }
    const ipcKey = new Uint8Array(32)
    const server = await serve({ path, description, authentication: { ipcKey }, facesFor: () => ({ echo: (value) => value }) })
    const connection = await connect({ path, credentials: { ipcKey } })
    console.log(await connection.proxy(description).echo('ok'))
    await connection.close()
    await server.close()`,
  streams: `
    import { rawKeyProvider } from '@forgeone/crypto'
    import { LocalStore } from '@forgeone/engine'
    import { openLogs, streamDatabases } from '@forgeone/streams'
    const databases = streamDatabases('logs', 1)
    const store = await LocalStore.open({ path: './streams-store', databases, provider: rawKeyProvider(new Uint8Array(32)) })
    const logs = await openLogs(store, { shardCount: 1 })
    await logs.append({ topic: 'a', message: 'ok' })
    // Enough text that the worker thread encodes it, which is a file of its own in the package.
    await logs.append(Array.from({ length: 4000 }, (_, n) => ({ topic: 'a', message: 'request ' + n + ' of many' })))
    await logs.compact()
    console.log((await logs.search('ok').toArray())[0].message)
    await logs.close()
    await store.close()`,
  vault: `
    import { systemClock, systemRandom } from '@forgeone/common'
    import { rawKeyProvider } from '@forgeone/crypto'
    import { LocalStore } from '@forgeone/engine'
    import { Vault } from '@forgeone/vault'
    const provider = rawKeyProvider(new Uint8Array(32))
    const store = await LocalStore.open({ path: './vault-store', databases: ['vault'], provider })
    const vault = Vault.over({
      store, database: 'vault', shredKeys: () => store.shredKeys(), verifySecret: async () => true, clock: systemClock,
      random: systemRandom,
    })
    await vault.set('a/b', 'ok')
    console.log((await vault.get('a/b')).text())
    vault.close()
    await store.close()`,
  cache: `
    import { MemoryCache } from '@forgeone/cache'
    const cache = new MemoryCache({ maxEntries: 10 })
    console.log(await cache.getOrLoad('a', async () => 'ok'))
    cache[Symbol.dispose]()`,
  evidence: `
    import { ed25519Signer } from '@forgeone/crypto'
    import { signDsse, verifyDsse } from '@forgeone/evidence'
    const signer = ed25519Signer(new Uint8Array(32))
    const envelope = JSON.stringify(signDsse({ payloadType: 'a', value: { said: 'ok' } }, [signer]))
    console.log(verifyDsse(envelope, { payloadType: 'a', publicKeys: [signer.publicKey] }).said)`,
  images: `
    import { ImageReader, memorySource } from '@forgeone/images'
    const image = new Uint8Array(1024 * 1024)
    image.set(Buffer.from('XFSB'))
    const reader = new ImageReader({ source: memorySource(image) })
    console.log((await reader.territory(0)).territoryType === 'XFS' ? 'ok' : 'unknown')
    await reader.close()`,
  'storage-manager': `
    import { Forge } from '@forgeone/storage-manager'
    const forge = await Forge.open({ path: './forge-store', secret: { key: new Uint8Array(32) } })
    await forge.logs.append({ topic: 'a', message: 'ok' })
    for await (const { message } of forge.logs.read()) console.log(message)
    await forge.close()`,
}

test.each(Object.entries(USES))('%s works in an empty project', async (name, script) => {
  const file = `${name}.mjs`
  await writeFile(join(project, file), script)
  expect(await runNode(project, [file])).toBe('ok\n')
})

const EVIDENCE = `
    import { writeFileSync } from 'node:fs'
    import { formatReceipt } from '@forgeone/audit'
    import { Forge } from '@forgeone/storage-manager'
    const forge = await Forge.open({ path: './audited-store', secret: { key: new Uint8Array(32) } })
    const { sequence } = await forge.events.append({ topic: 'a', payload: 1 })
    await forge.audit.checkpoint()
    writeFileSync('log.vkey', forge.audit.verifierKeys.map(({ text }) => text).join('\\n'))
    writeFileSync('event.receipt', formatReceipt(await forge.audit.receipt(sequence)))
    const to = Date.now() + 60_000
    await forge.compliance.report({ from: to - 86_400_000, to, directory: './evidence' })
    await forge.close()`

test('an auditor checks a receipt and evidence with one file, in a folder without any of our packages', async () => {
  await writeFile(join(project, 'evidence.mjs'), EVIDENCE)
  await runNode(project, ['evidence.mjs'])
  const elsewhere = await mkdtemp(join(tmpdir(), 'forge-auditor-'))
  onTestFinished(async () => await rm(elsewhere, { recursive: true }))
  const { manifest } = packed['packages/verifier']!
  expect(manifest.dependencies ?? {}).toEqual({})
  const program = join(project, 'node_modules', manifest.name, manifest.bin!['forgeone-verify']!)
  await copyFile(program, join(elsewhere, 'verify.mjs'))
  for (const name of ['log.vkey', 'event.receipt', 'evidence'])
    await cp(join(project, name), join(elsewhere, name), { recursive: true })
  const verify = async (...words: readonly string[]): Promise<string> =>
    await runNode(elsewhere, ['verify.mjs', ...words, '--vkey', 'log.vkey'])
  expect(await verify('receipt', 'event.receipt')).toMatch(
    /^ok .*: leaf \d+ of \d+\n\{"act":"events\.append"/,
  )
  expect(await verify('bundle', 'evidence')).toMatch(/^ok .*\n\d+ files are as they were signed\n$/)
})

test('the forge command is bundled, with the licences of what is in it, and its files load only each other', async () => {
  const { fileNames, manifest } = packed[BUNDLED]!
  const { dependencies = {} } = manifest
  expect(Object.keys(dependencies)).toEqual(['classic-level'])
  const folder = join(project, 'node_modules', manifest.name)
  const notice = await readFile(join(folder, 'dist/THIRD-PARTY.txt'), 'utf8')
  for (const name of ['zod', 'hash-wasm', '@noble/ciphers', 'level']) expect(notice).toContain(`\n${name} `)
  expect(notice).toMatch(/MIT License|The MIT License/)
  const code = fileNames.filter((name) => name.startsWith('dist/') && /\.m?js$/.test(name))
  expect(code).toContain('dist/main.js')
  for (const name of code) {
    const text = await readFile(join(folder, name), 'utf8')
    const loaded = [...text.matchAll(/^import\b[^;'"]*"([^"]+)"|\bimport\("([^"]+)"\)/gm)].map(
      ([, one, two]) => one ?? two!,
    )
    const strangers = loaded.filter(
      (target) =>
        !target.startsWith('node:') && target !== 'classic-level' && !code.includes(join('dist', target)),
    )
    expect(strangers, name).toEqual([])
  }
})

test('the forge command runs', async () => {
  const { manifest } = packed[BUNDLED]!
  const program = join('node_modules', manifest.name, manifest.bin!['forge']!)
  expect(await runNode(project, [program, '--version'])).toMatch(/\d+\.\d+\.\d+/)
})
