// Figures of the socket alone, server and client in two processes: `pnpm exec node bench/round-trip.mjs`, on a build.
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, serve, valueMethods } from '@forgeone/ipc'

const ipcKey = new Uint8Array(32)
const rows = { gives: { kind: 'stream', pages: 'batches' } }
const description = { kind: 'object', methods: { ...valueMethods('get', 'append', 'cpu'), rows } }
const ENTRIES = 1_000_000
const TIMES = 20_000

const entry = (number) => ({
  id: `01JD${String(number).padStart(22, '0')}`,
  topic: 'app.web.requests',
  timestamp: 1_700_000_000_000 + number * 13,
  severity: ['info', 'warn', 'debug', 'error'][number % 4],
  message: `GET /api/v1/orders/${(number * 7919) % 100_000} 200 in ${number % 97} ms for client 10.0.${number % 255}.${(number * 3) % 255}`,
  metadata: { status: 200, ms: number % 97, host: `web-${number % 9}` },
})
const page = Array.from({ length: 1000 }, (_, number) => entry(number))
const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

if (process.argv[2] === 'serve') {
  const root = {
    get: () => 'dark',
    append: (entries) => entries.length,
    cpu: cpuMs,
    rows: () => ({
      async *batches() {
        for (let at = 0; at < ENTRIES; at += page.length) yield page
      },
    }),
  }
  await serve({ path: process.argv[3], description, authentication: { ipcKey }, facesFor: () => root })
  // Ends with whoever measures; until then the channel keeps it.
  process.on('disconnect', () => process.exit())
  process.send('ready')
} else {
  const directory = mkdtempSync(join(tmpdir(), 'ipc-bench-'))
  const path = join(directory, 'forge.sock')
  const child = fork(import.meta.filename, ['serve', path])
  await new Promise((resolve) => child.once('message', resolve))
  const connection = await connect({ path, credentials: { ipcKey } })
  const face = connection.proxy(description)

  const measured = async (what, count, run) => {
    await run(Math.min(count, 1000))
    const there = await face.cpu()
    const here = cpuMs()
    const begin = performance.now()
    const extra = await run(count)
    const ms = performance.now() - begin
    const clientUs = ((cpuMs() - here) * 1000) / count
    const serverUs = (((await face.cpu()) - there) * 1000) / count
    console.log(
      `${what}: ${((ms * 1000) / count).toFixed(2)} us each, CPU client ${clientUs.toFixed(2)} us, server ${serverUs.toFixed(2)} us${extra ?? ''}`,
    )
  }

  await measured('get, one caller', TIMES, async (count) => {
    const times = []
    for (let at = 0; at < count; at++) {
      const begin = performance.now()
      await face.get('ui.theme')
      times.push(performance.now() - begin)
    }
    times.sort((left, right) => left - right)
    const at = (part) => (times[Math.floor(times.length * part)] * 1000).toFixed(0)
    return `, p50 ${at(0.5)} us, p99 ${at(0.99)} us`
  })
  await measured('get, 64 callers', TIMES * 5, async (count) => {
    let left = count
    const caller = async () => {
      while (left-- > 0) await face.get('ui.theme')
    }
    await Promise.all(Array.from({ length: 64 }, caller))
  })
  await measured('append of 1,000 entries, by entry', 300_000, async (count) => {
    for (let at = 0; at < count; at += 1000) await face.append(page)
  })
  await measured('append of 1,000 entries, 8 at once, by entry', 300_000, async (count) => {
    let left = count
    const caller = async () => {
      while ((left -= 1000) >= 0) await face.append(page)
    }
    await Promise.all(Array.from({ length: 8 }, caller))
  })
  await measured('read, by entry', ENTRIES, async (count) => {
    let seen = 0
    for await (const one of face.rows()) {
      if (one !== undefined && ++seen === count) break
    }
  })
  await measured('read in pages, by entry', ENTRIES, async (count) => {
    let seen = 0
    for await (const items of face.rows().batches()) if ((seen += items.length) >= count) break
  })
  await connection.close()
  child.kill()
  rmSync(directory, { recursive: true })
}
