import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { afterEach, expect, test, vi } from 'vitest'
import { reportError } from '../src/program/report-error.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

/** Errors of Node.js and of the language whose texts repeat what they were given. */
const FOREIGN: Readonly<Record<string, () => unknown>> = {
  'a NUL in an environment': () => spawn('true', [], { env: { KEY: 'open\0sesame' } }),
  'a NUL in an argument': () => spawn('true', ['open\0sesame']),
  'a NUL in a path': () => writeFileSync('open\0sesame', ''),
  'a wrong type': () => Buffer.from(Symbol('opensesame') as unknown as string),
  'no JSON': () => JSON.parse('opensesame'),
  'a number out of range': () => (1).toFixed('opensesame' as unknown as number),
  'several lines': () => {
    throw new TypeError('a\n    at opensesame (b:1:1)')
  },
  'a text': () => {
    throw 'opensesame'
  },
}

test('nothing of the text of an error that is not ours is written, for people, as JSON or for debugging', () => {
  for (const [name, attempt] of Object.entries(FOREIGN)) {
    for (const debug of [undefined, '1']) {
      vi.stubEnv('FORGE_DEBUG', debug)
      for (const json of [true, false]) {
        let written = ''
        vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
          written += String(text)
          return true
        })
        try {
          attempt()
          expect.unreachable(name)
        } catch (error) {
          reportError({ json }, error)
        }
        vi.restoreAllMocks()
        expect(written).toContain('INTERNAL')
        expect(written, name).not.toMatch(/open|sesame/)
      }
    }
  }
})

test('a refusal of the operating system is named with its call and its path', () => {
  let written = ''
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written += String(text)
    return true
  })
  try {
    writeFileSync('/no/such/folder/file', 'sesame')
  } catch (error) {
    reportError({ json: false }, error)
  }
  expect(written).toContain('ENOENT: open /no/such/folder/file')
})
