import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { expect, it } from 'vitest'

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

function hasChromium(): boolean {
  try {
    execFileSync('chromium', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    process.stdout.write('skipped: chromium is absent (Debian package chromium)\n')
    return false
  }
}

/** Scripts by the path under which they are asked for. */
async function bundled(): Promise<ReadonlyMap<string, string>> {
  const bundle = await rolldown({
    input: join(import.meta.dirname, 'browser/page.ts'),
    platform: 'browser',
    // What is left of it after unused code is gone fails when the page loads: nothing may be.
    external: /^node:/,
    resolve: {
      // abstract-level asks for Node's `events`; bundlers put the package of that name in its place.
      alias: { events: createRequire(import.meta.url).resolve('events/') },
      conditionNames: ['@forgeone/source', 'browser', 'import', 'default'],
    },
    logLevel: 'silent',
  })
  const { output } = await bundle.generate({ format: 'esm' })
  await bundle.close()
  return new Map(output.flatMap((file) => (file.type === 'chunk' ? [[`/${file.fileName}`, file.code]] : [])))
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

// Only where the browser is installed.
it.skipIf(!hasChromium())('a cache over IndexedDB keeps its promises in Chromium', async () => {
  const scripts = await bundled()
  expect([...scripts.values()].join('\n')).not.toMatch(/from\s*["']node:/)
  const reported = Promise.withResolvers<string>()
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method === 'POST') reported.resolve(await textOf(request))
    const script = scripts.get(request.url ?? '')
    response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript')
    response.end(script ?? '<!doctype html><script type="module" src="/page.js"></script>')
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
    expect(JSON.parse(await reported.promise)).toEqual({
      entries: 2,
      isSame: true,
      diskHits: 1,
      isCompressed: true,
      isGone: true,
      hasProcess: false,
    })
  } finally {
    browser.kill('SIGKILL')
    await ended
    server.close()
    server.closeAllConnections()
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
})
