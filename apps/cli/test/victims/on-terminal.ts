import { runProgram } from '../../src/program/run-program.ts'

/** Runs a command line as if its output were a terminal, which escapes for it. */
Object.defineProperty(process.stdout, 'isTTY', { value: true })
Object.defineProperty(process.stderr, 'isTTY', { value: true })
process.exitCode = await runProgram(process.argv.slice(2))
