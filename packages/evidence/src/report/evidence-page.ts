// The page of a bundle for people: one file without script, pictures or addresses, so that it opens and prints anywhere
// and tells nobody that it was opened.

import type { AuditEntry } from '@forgeone/audit'
import type { BundleRange } from './bundle-range.ts'
import type { ControlState } from './control-states.ts'
import type { Evidence, EvidenceState } from './evidence.ts'
import { evidenceSummary } from './evidence-summary.ts'
import { htmlText } from './html-text.ts'

/** Rows of one kind of evidence on the page; all of them are in its own files. */
const ROWS_SHOWN_MAX = 50
/** Facts of an act may have kilobytes; the page shows their beginning. */
const FACTS_CHARACTERS_MAX = 300

const STATE_WORDS: Readonly<Record<EvidenceState, string>> = {
  'evidence-present': 'evidence is there',
  'evidence-missing': 'no evidence',
  'check-failed': 'a check failed',
}

const STYLE = `
body { font: 15px/1.45 system-ui, sans-serif; color: #111; background: #fff; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin-top: 2rem } h3 { font-size: 1rem; margin-bottom: .3rem }
.meaning { border: 2px solid #111; padding: .6rem 1rem; font-weight: 600 }
table { border-collapse: collapse; width: 100% } th, td { border: 1px solid #999; padding: .25rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere }
th { background: #eee } code { font-size: .85em } .number { text-align: right }
@media print { body { margin: 0; max-width: none; font-size: 10pt } tr { break-inside: avoid } thead { display: table-header-group } h2, h3 { break-after: avoid } }
`

/** `evidence.html`: a function of the leaves of the period alone, like every derived file. */
export function evidencePage(o: {
  readonly range: BundleRange
  readonly controls: readonly ControlState[]
  readonly evidence: readonly Evidence[]
}): string {
  const { range, controls, evidence } = o
  const title = `Evidence of ${day(range.from)} to ${day(range.to - 1)}`
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width">',
    `<title>${htmlText(title)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    `<h1>${htmlText(title)}</h1>`,
    ...opening(range, controls),
    '<h2>Controls</h2>',
    ...controlTable(controls, evidence),
    '<h2>Evidence</h2>',
    ...evidence.flatMap(evidenceSection),
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

function opening(range: BundleRange, controls: readonly ControlState[]): readonly string[] {
  const { controls: all, withEvidence, withoutEvidence, withFailedCheck, meaning } = evidenceSummary(controls)
  const { origin, from, to, begin, end, size } = range
  const leaves = begin === end ? 'no commits' : `commits ${begin} to ${end - 1}`
  return [
    `<p class="meaning">${htmlText(meaning)}</p>`,
    paragraph(
      `There is evidence for ${withEvidence} of ${all} controls, none for ${withoutEvidence}, and a check that failed for ${withFailedCheck}. Beside each stands what no store can show and an assessor has to ask for elsewhere.`,
    ),
    table(
      ['what', 'value'],
      [
        ['log', origin],
        ['period', `${time(from)} to before ${time(to)} (UTC)`],
        ['commits of the period', leaves],
        ['commits under the signed checkpoint', String(size)],
      ],
    ),
    ...(end === size
      ? [
          paragraph(
            'The checkpoint has no commit after the period: whatever of it was still to come is not in here, and its end may lie ahead of the day on which this was written.',
          ),
        ]
      : []),
    paragraph(
      'This page is one file of an evidence bundle and proves nothing by itself. All of its content follows from the leaves in the bundle, which lead to a checkpoint that the store has signed: forge compliance verify DIR --vkey FILE checks this, and needs no store. Actors and resources are pseudonyms.',
    ),
  ]
}

function controlTable(controls: readonly ControlState[], evidence: readonly Evidence[]): readonly string[] {
  const known = new Set<string>(evidence.map(({ id }) => id))
  const rows = controls.map(
    ({ framework, id, about, evidence: kind, state, rows, reason, notFromTheStore }) => [
      `${htmlText(framework)} ${htmlText(id)}`,
      htmlText(about),
      `<strong>${htmlText(STATE_WORDS[state])}</strong>${reason === undefined ? '' : `: ${htmlText(reason)}`}`,
      known.has(kind) ? `<a href="#${htmlText(kind)}">${rows} in ${htmlText(kind)}</a>` : String(rows),
      htmlText(notFromTheStore),
    ],
  )
  return [
    rawTable(['control', 'what it is about', 'what the log shows', 'rows', 'what no store can show'], rows),
  ]
}

function evidenceSection({ id, state, reason, rows, clock }: Evidence): readonly string[] {
  const shown = rows.slice(0, ROWS_SHOWN_MAX)
  const clockWords =
    clock === undefined
      ? []
      : [
          paragraph(
            `The clock of the host had stepped back behind ${clock.commits} commits of the period, by ${clock.maximumMs} ms at most.`,
          ),
        ]
  const where =
    rows.length > shown.length
      ? `The first ${shown.length} of ${rows.length} rows; all are in evidence/${id}.csv and evidence/${id}.json.`
      : `All rows (${rows.length}); also in evidence/${id}.csv and evidence/${id}.json.`
  return [
    `<h3 id="${htmlText(id)}">${htmlText(id)}: ${htmlText(STATE_WORDS[state])}</h3>`,
    ...(reason === undefined ? [] : [paragraph(`Why: ${reason}.`)]),
    ...clockWords,
    ...(rows.length === 0
      ? []
      : [
          paragraph(where),
          table(['commit', 'time (UTC)', 'actor', 'action', 'resource', 'facts'], shown.map(rowCells)),
        ]),
  ]
}

function rowCells({ index, facts }: AuditEntry): readonly string[] {
  const context = facts.context === undefined ? '' : JSON.stringify(facts.context)
  return [
    String(index),
    time(facts.time),
    facts.actor,
    facts.action,
    [facts.resourceClass, facts.resourceHash ?? ''].join(' ').trimEnd(),
    context.length <= FACTS_CHARACTERS_MAX ? context : `${context.slice(0, FACTS_CHARACTERS_MAX)} …`,
  ]
}

function paragraph(text: string): string {
  return `<p>${htmlText(text)}</p>`
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return rawTable(
    heads,
    rows.map((cells) => cells.map(htmlText)),
  )
}

/** @param rows cells that are HTML already */
function rawTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = heads.map((text) => `<th scope="col">${htmlText(text)}</th>`).join('')
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`)
  return [`<table><thead><tr>${head}</tr></thead><tbody>`, ...body, '</tbody></table>'].join('\n')
}

/** A time of a leaf that no calendar has is shown as the number it is. */
function time(milliseconds: number): string {
  const date = new Date(milliseconds)
  return Number.isNaN(date.getTime()) ? `${milliseconds} ms` : date.toISOString()
}

function day(milliseconds: number): string {
  return time(milliseconds).slice(0, 10)
}
