import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'
import { cosignedMessage, joinCosignature } from '../src/checkpoint/cosignature.ts'
import { formatReceipt, verifierKey } from '../src/index.ts'
import { formatSignatureLine } from '../src/note/signed-note.ts'
import { answersOf, type VerifierCases } from './browser/verifier-cases.ts'
import { openLog, signer } from './fixtures.ts'

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The script with everything it imports, by the conditions of a browser. */
async function bundled(name: string, format: 'esm' | 'iife'): Promise<string> {
  const bundle = await rolldown({
    input: join(import.meta.dirname, `browser/${name}.ts`),
    platform: 'browser',
    resolve: { conditionNames: ['@forgeone/source', 'browser', 'import', 'default'] },
    // What is left of Node fails when it loads: nothing may be.
    external: /^node:/,
    logLevel: 'silent',
  })
  const { output } = await bundle.generate({ format, name: 'verifier' })
  await bundle.close()
  expect(output).toHaveLength(1)
  expect(output[0].code).not.toMatch(/["']node:/)
  return output[0].code
}

/** Receipts, notes and proofs that are right, and each with one character changed at a time, here and there. */
async function casesOfLog(): Promise<VerifierCases> {
  const { log, grow } = await openLog()
  grow(300)
  const older = await log.checkpoint()
  const receipt = formatReceipt(await log.receipt(123))
  grow(400)
  const newer = cosigned(await log.checkpoint())
  const proof = (await log.consistency(300, 700)).map((hash) => Buffer.from(hash).toString('base64'))
  const { leaf, proof: tlogProof } = await log.receipt(650)
  const key = log.verifierKeys[0]!.text
  return {
    policies: [
      `log ${key}\nquorum none\n`,
      `log ${key}\nwitness w ${WITNESS.text}\nquorum w\n`,
      `log ${verifierKey({ name: 'other.example', publicKey: signer(9).publicKey }).text}\nquorum none\n`,
      'log nothing\nquorum none\n',
    ],
    receipts: [receipt, ...changesOf(receipt)],
    checkpoints: [older, newer, ...changesOf(newer)],
    proofs: [tlogProof, ...changesOf(tlogProof)].map((text) => ({ proof: text, leaf })),
    consistency: [
      { older, newer, proof },
      { older, newer, proof: proof.slice(1) },
      { older: newer, newer: older, proof },
    ],
  }
}

const WITNESS = verifierKey({ name: 'w.example', publicKey: signer(3).publicKey, type: 4 })

function cosigned(note: string): string {
  const text = note.slice(0, note.lastIndexOf('\n\n') + 1)
  const seconds = 1_800_000_000n
  const signature = joinCosignature({
    seconds,
    signature: signer(3).sign(cosignedMessage({ text, seconds })),
  })
  return note + formatSignatureLine({ name: WITNESS.name, keyId: WITNESS.keyId, signature })
}

function changesOf(text: string): readonly string[] {
  const changes: string[] = []
  for (let at = 3; at < text.length; at += 17)
    changes.push(`${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`)
  return changes
}

function hasChromium(): boolean {
  try {
    execFileSync('chromium', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    process.stdout.write('skipped: chromium is absent (Debian package chromium)\n')
    return false
  }
}

test('where there is no Node.js the verifier answers what it answers with it', async () => {
  const cases = await casesOfLog()
  const context = createContext({ TextEncoder, TextDecoder, atob, btoa })
  runInContext(await bundled('bare', 'iife'), context)
  context['cases'] = JSON.stringify(cases)
  const answers: unknown = JSON.parse(
    String(runInContext('JSON.stringify(verifier.answersOf(JSON.parse(cases)))', context)),
  )
  const here = answersOf(cases)
  expect(answers).toEqual(here)
  const codes = new Set(here.map((answer) => /"code":"(\w+)"/.exec(answer)?.[1] ?? 'ok'))
  expect([...codes].sort()).toEqual([
    'NOTE_FORMAT',
    'NOTE_SIGNATURE',
    'NOTE_UNTRUSTED',
    'POLICY_FORMAT',
    'PROOF_FORMAT',
    'PROOF_INDEX',
    'PROOF_ROOT',
    'QUORUM_MISSED',
    'ok',
  ])
})

// Only where the browser is installed.
test.skipIf(!hasChromium())('in Chromium the verifier answers what it answers with Node.js', async () => {
  const cases = await casesOfLog()
  const answers: Readonly<Record<string, readonly [type: string, content: string]>> = {
    '/': ['text/html', '<!doctype html><script type="module" src="/page.js"></script>'],
    '/page.js': ['text/javascript', await bundled('page', 'esm')],
    '/cases': ['application/json', JSON.stringify(cases)],
  }
  const reported = Promise.withResolvers<string>()
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method === 'POST') reported.resolve(await textOf(request))
    const [type, content] = answers[request.url ?? ''] ?? ['text/plain', '']
    response.setHeader('content-type', type).end(content)
  }
  const server = createServer((request, response) => void serve(request, response).catch(reported.reject))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const profile = await mkdtemp(join(tmpdir(), 'forge-chromium-'))
  // A server that listens on a port has an address.
  const { port } = server.address() as AddressInfo
  const browser = spawn('chromium', [...FLAGS, `--user-data-dir=${profile}`, `http://127.0.0.1:${port}/`], {
    stdio: 'ignore',
  })
  const ended = new Promise((resolve) => browser.once('exit', resolve))
  try {
    expect(JSON.parse(await reported.promise)).toEqual({ answers: answersOf(cases), hasNode: false })
  } finally {
    browser.kill('SIGKILL')
    await ended
    server.close()
    server.closeAllConnections()
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
})

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}
