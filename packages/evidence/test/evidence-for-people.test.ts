import { parseLeaf, type AuditEntry } from '@forgeone/audit'
import { expect, test } from 'vitest'
import { derivedFiles } from '../src/bundle/bundle-files.ts'
import { EVIDENCE_MEANING } from '../src/report/evidence-summary.ts'
import { CONTROLS } from '../src/index.ts'

const RANGE = { from: 0, to: 86_400_000, begin: 1, end: 4, first: 0, size: 5, origin: 'log & <b>sons</b>' }
const HOSTILE = `</td><script>alert("x")</script>&amp;'\u202Egnp\u0000\u{E0041}`

interface LeafParts {
  readonly act: string
  readonly who?: string
  readonly ctx?: object
}

function entry(index: number, { act, who = 'app', ctx = {} }: LeafParts): AuditEntry {
  const leaf = JSON.stringify({
    act,
    at: 1000 * index,
    cnt: { del: 0, put: 0 },
    ctx,
    res: { c: 'store' },
    seq: index,
    v: 1,
    who,
  })
  return { index, leaf, facts: parseLeaf(leaf)! }
}

const ENTRIES = [
  entry(1, { act: 'keys.rotated', who: HOSTILE, ctx: { reason: HOSTILE } }),
  entry(2, { act: 'store.verified', ctx: { outcome: 'damaged' } }),
  entry(3, { act: 'settings.set' }),
]
const files = derivedFiles(RANGE, ENTRIES)
const page = files.get('evidence.html')!

/** What a reader sees: the text of the page. */
const pageText = page
  .replace(/<style>[\s\S]*?<\/style>/, '')
  .replaceAll(/<[^>]*>/g, ' ')
  .replaceAll(/\s+/g, ' ')

test('the page says before any number that evidence says nothing of a framework being fulfilled', () => {
  const meaning = pageText.indexOf('It does not say that a control, or a framework, is fulfilled.')
  const count = pageText.indexOf('There is evidence for')
  expect(meaning).toBeGreaterThan(0)
  expect(count).toBeGreaterThan(meaning)
  const withRows = CONTROLS.filter(({ evidence }) => ['keys', 'changes', 'monitoring'].includes(evidence))
  expect(pageText).toContain(`There is evidence for ${withRows.length} of ${CONTROLS.length} controls`)
})

test('the page says of every control what the log shows and what no store can show', () => {
  for (const { framework, id, notFromTheStore } of CONTROLS) {
    expect(pageText).toContain(`${framework} ${id} `)
    expect(pageText).toContain(` ${notFromTheStore} `)
  }
  expect(pageText).toContain('a check failed : the check failed (commit 2)')
  expect(pageText).toContain('no evidence : no right was changed and no access refused in the period')
})

test('the page is one file: no script, no address, and nothing of a leaf is markup or unseen', () => {
  expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|src=|https?:|\son\w+=/i)
  expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`)
  expect(page.match(/href="[^"]*"/g)?.every((address) => address.startsWith('href="#'))).toBe(true)
  expect(page).toContain(
    '&lt;/td&gt;&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;amp;&#39;\\u{202e}gnp',
  )
  expect(page).toContain('\\u{0}\\u{e0041}')
  expect(page).toContain('log &amp; &lt;b&gt;sons&lt;/b&gt;')
  expect(page.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Surrogate}]/u)
})

test('a page of many rows names the files that have all of them', () => {
  const many = Array.from({ length: 60 }, (_, index) => entry(index, { act: 'settings.set' }))
  const text = derivedFiles({ ...RANGE, begin: 0, end: 60, size: 61 }, many).get('evidence.html')!
  expect(text).toContain('The first 50 of 60 rows; all are in evidence/changes.csv')
  expect(text.match(/<td>settings\.set<\/td>/g)).toHaveLength(50)
})

test('controls as CSV have a line each, and cells that a spreadsheet would run are texts', () => {
  const lines = files.get('controls.csv')!.split('\r\n')
  expect(lines[0]).toBe('framework,control,about,evidence,evidenceState,rows,reason,notFromTheStore,meaning')
  expect(lines).toHaveLength(CONTROLS.length + 2)
  expect(lines.at(-1)).toBe('')
  expect(lines[1]).toBe(
    'SOC 2,CC6.1,data is encrypted and its keys are managed,keys,evidence-present,1,,who keeps the secrets that open the store,' +
      `"${EVIDENCE_MEANING}"`,
  )
  expect(lines.filter((line) => /^[=+\-@\t]/.test(line))).toEqual([])
  const rows = derivedFiles(RANGE, [entry(1, { act: 'keys.rotated', who: '=HYPERLINK("x"),1' })])
  expect(rows.get('evidence/keys.csv')).toContain(`,"'=HYPERLINK(""x""),1",keys.rotated,`)
})

const stateOf = (id: string, entries: readonly ReturnType<typeof entry>[]): unknown =>
  JSON.parse(derivedFiles(RANGE, entries).get(`evidence/${id}.json`)!)

test.each(['store.created', 'keys.rotated'])(
  '%s of a store that is not encrypted is no evidence of encryption',
  (act) => {
    const open = entry(1, { act, ctx: { suite: 'none' } })
    expect(stateOf('keys', [open])).toMatchObject({
      state: 'check-failed',
      reason: 'what is stored is not encrypted (commit 1)',
    })
    const sealed = entry(1, { act, ctx: { suite: 'aes-256-gcm' } })
    expect(stateOf('keys', [sealed])).toMatchObject({ state: 'evidence-present' })
  },
)

test('an older state that was put back and accepted is no rehearsal, and an image is something that left', () => {
  const entries = [entry(1, { act: 'store.restored' }), entry(2, { act: 'store.checkpoint-taken' })]
  expect(stateOf('recovery', entries)).toMatchObject({ state: 'evidence-missing' })
  expect(stateOf('monitoring', entries)).toMatchObject({ count: 1 })
  expect(stateOf('exports', entries)).toMatchObject({ state: 'evidence-present' })
})

test('no control says that nothing is left to ask for, and a period without an end says so', () => {
  expect(CONTROLS.filter(({ notFromTheStore }) => notFromTheStore === 'nothing')).toEqual([])
  const open = 'no commit after the period'
  expect(derivedFiles({ ...RANGE, size: RANGE.end }, []).get('evidence.html')).toContain(open)
  expect(derivedFiles({ ...RANGE, size: RANGE.end + 1 }, []).get('evidence.html')).not.toContain(open)
})

test('numbers of controls are named by what they count, and no file says satisfied, passed or compliant', () => {
  const controls = JSON.parse(files.get('controls.json')!) as Record<string, unknown>
  expect(Object.keys(controls).toSorted()).toEqual([
    'controls',
    'meaning',
    'withEvidence',
    'withFailedCheck',
    'withoutEvidence',
  ])
  const { withEvidence, withFailedCheck, withoutEvidence } = controls as Record<string, number>
  expect(withEvidence! + withFailedCheck! + withoutEvidence!).toBe(CONTROLS.length)
  expect(withFailedCheck).toBe(CONTROLS.filter(({ evidence }) => evidence === 'integrity').length)
  for (const [name, content] of files)
    expect([
      name,
      /satisfied|passed|compliant\b|(?<!does not say that a control, or a framework, is )fulfilled/i.test(
        content,
      ),
    ]).toEqual([name, false])
})
