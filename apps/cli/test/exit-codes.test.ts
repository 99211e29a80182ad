import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ERROR_CODES, type ErrorCode } from '@forgeone/common'
import { expect, it } from 'vitest'
import { exitCodeOfCode } from '../src/program/exit-codes.ts'

const DOCUMENT = join(import.meta.dirname, '../../../docs/errors.md')
/** `| CODE | meaning | what to do | exit |` */
const ROW = /^\| `(?<code>[A-Z0-9_]+)` \|.*\| (?<exit>\d+) \|$/gm

it('every code exits as docs/errors.md says', () => {
  const told = Object.fromEntries(
    [...readFileSync(DOCUMENT, 'utf8').matchAll(ROW)].map(({ groups }) => [
      groups!['code'],
      Number(groups!['exit']),
    ]),
  )
  const codes = Object.keys(ERROR_CODES) as ErrorCode[]
  expect(Object.fromEntries(codes.map((code) => [code, exitCodeOfCode(code)]))).toEqual(told)
})
