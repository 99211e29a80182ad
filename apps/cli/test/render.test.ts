import { describe, expect, it } from 'vitest'
import { topicOfName } from '../src/program/input-files.ts'
import { nearestName } from '@forgeone/common'
import { printable } from '../src/render/printable.ts'
import { progressLine } from '../src/render/progress.ts'
import {
  formatBytes,
  formatCountOf,
  formatDuration,
  formatRatio,
  formatTime,
} from '../src/render/quantities.ts'
import { renderTable } from '../src/render/table.ts'
import { Terminal } from '../src/render/terminal.ts'

const terminal = new Terminal({ json: false, quiet: false, noColor: true })

it('a table has columns as wide as their widest cell, and no blanks at the ends of lines', () => {
  const table = renderTable(
    terminal,
    [{ title: 'topic' }, { title: 'entries', align: 'right' }, { title: 'last' }],
    [
      ['app.web', '12', '-'],
      ['db', '1,000,000', ''],
    ],
  )
  expect(table).toBe('topic      entries  last\napp.web         12  -\ndb       1,000,000\n')
})

describe('progress', () => {
  it('shows a bar, the rate and the time left when the end is known', () => {
    const state = { label: 'app.log', doneBytes: 50, totalBytes: 200, count: 1000, unit: 'lines' }
    expect(progressLine(state, 2000)).toBe(
      'app.log  ██████░░░░░░░░░░░░░░░░░░ 25 %  1,000 lines  500/s  6.0 s left',
    )
  })

  it('shows how much was read when the end is unknown', () => {
    const state = {
      label: 'standard input',
      doneBytes: 2048,
      totalBytes: undefined,
      count: 10,
      unit: 'lines',
    }
    expect(progressLine(state, 1000)).toBe('standard input  10 lines  10/s  2.0 KiB')
  })

  it('stays within its bar when a file grew meanwhile', () => {
    const state = { label: 'a', doneBytes: 300, totalBytes: 200, count: 1, unit: 'lines' }
    expect(progressLine(state, 1000)).toContain(`${'█'.repeat(24)} 100 %`)
  })
})

it('quantities are short and exact enough', () => {
  expect([0, 1023, 1536, 5 * 1024 ** 3].map(formatBytes)).toEqual(['0 B', '1023 B', '1.5 KiB', '5.0 GiB'])
  expect([1.25, 250, 1500, 61_000, 119_900].map(formatDuration)).toEqual([
    '1.3 ms',
    '250 ms',
    '1.5 s',
    '1 min 1 s',
    '2 min 0 s',
  ])
  expect([formatRatio(300, 100), formatRatio(1, 0)]).toEqual(['3.0x', '-'])
  expect([formatCountOf(1, 'line', 'lines'), formatCountOf(2000, 'line', 'lines')]).toEqual([
    '1 line',
    '2,000 lines',
  ])
  expect(formatTime(8.64e15 + 1)).toBe('8640000000000001 ms')
})

it('stored text cannot drive the terminal', () => {
  expect(printable('a\u001B[2Jb\r\u0007\u009B')).toBe('a\\x1b[2Jb\\x0d\\x07\\x9b')
})

it.each([
  ['inti', 'init'],
  ['--', undefined],
  ['serch', 'search'],
  ['sta', 'stats'],
  ['xyzzy', undefined],
])('the name nearest to %s is %s', (typed, nearest) => {
  expect(nearestName(typed, ['init', 'search', 'stats', 'verify'])).toBe(nearest)
})

it.each([
  ['nginx/access.log.2.gz', 'nginx.access'],
  ['syslog.1', 'syslog'],
  ['app.log.20260131', 'app'],
  ['my app (1).log', 'my_app_1_'],
  ['...', 'log'],
])('the topic of %s is %s', (name, topic) => {
  expect(topicOfName(name)).toBe(topic)
})
