/**
 * `pnpm test:load [LOOPS]`: all tests, none of a kept result, beside loops that never wait. The limits of time in tests
 * only catch hangs: one that is reached on a busy machine is wrong.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

const LOOPS_DEFAULT = 8
const LOOPS_MAX = 64

const loops = Number(process.argv[2] ?? LOOPS_DEFAULT)
if (!Number.isInteger(loops) || loops < 1 || loops > LOOPS_MAX) {
  console.error(`pnpm test:load takes a number of busy loops from 1 to ${LOOPS_MAX}`)
  process.exit(2)
}
// Threads of this process: they end with it, also when it is killed.
const busy = Array.from({ length: loops }, () => new Worker('for (;;);', { eval: true }))
console.log(`all tests beside ${busy.length} busy loops`)
const tests = spawn(process.execPath, [join(import.meta.dirname, 'run-tests.ts'), '--force'], {
  stdio: 'inherit',
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => tests.kill(signal))
tests.once('error', (error) => {
  console.error(`the tests do not start: ${error.message}`)
  process.exit(1)
})
tests.once('exit', (code) => process.exit(code ?? 1))
