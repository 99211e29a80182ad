import { pathToFileURL } from 'node:url'

/** Runs a command line, given behind the program, as if its output were a terminal, which escapes for it. */
Object.defineProperty(process.stdout, 'isTTY', { value: true })
Object.defineProperty(process.stderr, 'isTTY', { value: true })
const [main] = process.argv.splice(2, 1)
await import(pathToFileURL(main!).href)
