// OSCAL assessment results, 1.1.2: one observation a control, and no findings: those say of a control that it is
// satisfied or not, which no evidence of a store can say.
// pages.nist.gov/OSCAL-Reference/models/v1.1.2/assessment-results

import { createHash } from 'node:crypto'
import type { ControlState } from './control-states.ts'
import { EVIDENCE_MEANING } from './evidence-summary.ts'

const OSCAL_VERSION = '1.1.2'

export interface OscalOptions {
  /** Makes the identifiers of this report its own: store, range. */
  readonly seed: string
  readonly from: number
  readonly to: number
  readonly toolVersion: string
  readonly controls: readonly ControlState[]
}

/** The same report has the same identifiers. */
export function oscalResults({ seed, from, to, toolVersion, controls }: OscalOptions): unknown {
  const id = (name: string): string => uuidOf(`${seed}/${name}`)
  const [start, end] = [new Date(from).toISOString(), new Date(to).toISOString()]
  const noPlan = id('no-plan')
  return {
    'assessment-results': {
      uuid: id('results'),
      metadata: {
        title: 'Evidence from a ForgeOne store',
        'last-modified': end,
        version: toolVersion,
        'oscal-version': OSCAL_VERSION,
      },
      'import-ap': { href: `#${noPlan}` },
      results: [
        {
          uuid: id('result'),
          title: 'Evidence of the period',
          description: `What the audit log of the store shows; it makes no statement about anything outside the store. ${EVIDENCE_MEANING}`,
          start,
          end,
          'reviewed-controls': {
            'control-selections': [
              { 'include-controls': controls.map((control) => ({ 'control-id': controlId(control) })) },
            ],
          },
          observations: controls.map((control) => ({
            uuid: id(`observation ${controlId(control)}`),
            title: `${control.framework} ${control.id}`,
            description: control.about,
            methods: ['EXAMINE'],
            collected: end,
            props: [
              { name: 'evidence', ns: 'https://forgeone.dev/ns/oscal', value: control.evidence },
              { name: 'state', ns: 'https://forgeone.dev/ns/oscal', value: control.state },
            ],
            remarks: `${control.reason === undefined ? '' : `Why: ${control.reason}. `}Not from the store: ${control.notFromTheStore}.`,
          })),
        },
      ],
      'back-matter': {
        resources: [
          {
            uuid: noPlan,
            title: 'No plan',
            description: 'These results were collected without an assessment plan.',
          },
        ],
      },
    },
  }
}

/** A token of OSCAL: a letter or `_`, then letters, digits, `-`, `_`, `.`. */
function controlId({ framework, id }: ControlState): string {
  return `${framework} ${id}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/-+$/g, '')
}

/** RFC 9562 5.8: a UUID of our own making, from SHA-256. */
function uuidOf(name: string): string {
  const bytes = createHash('sha256').update(name).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
