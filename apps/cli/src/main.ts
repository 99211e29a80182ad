#!/usr/bin/env node
import { unsupportedNode } from '@forgeone/common/supported-node'

const reason = unsupportedNode()
if (reason === undefined) {
  // What an older Node.js lacks is asked for only now.
  const { runProgram } = await import('./program/run-program.ts')
  process.exitCode = await runProgram(process.argv.slice(2))
} else {
  process.stderr.write(`forge: ${reason}\n`)
  process.exitCode = 1
}
