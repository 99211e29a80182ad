import { asBuffer, ForgeError, utf8Encode } from '@forgeone/common'
import {
  onNamed,
  onResources,
  OWNER_RULE,
  plainActs,
  type Facility,
  type FacilityReport,
  type Row,
  type Store,
} from '@forgeone/engine'

const DATABASE = 'counters'
const RANGE = { from: Uint8Array.of(0), to: Uint8Array.of(0xff) }

/** Numbers by name that only grow: all that a facility needs, and nothing else. */
export class Counters {
  readonly #store: Store
  readonly #counts = new Map<string, number>()

  constructor(store: Store) {
    this.#store = store
  }

  async add(name: string): Promise<number> {
    const count = (this.#counts.get(name) ?? 0) + 1
    const value = new Uint8Array(4)
    asBuffer(value).writeUInt32BE(count)
    const facts = { actor: 'app', action: 'counters.added', resourceClass: 'counters' }
    const operations = [{ type: 'put', database: DATABASE, key: utf8Encode(name), value }] as const
    await this.#store.commit(() => ({ facts, operations }))
    this.#counts.set(name, count)
    return count
  }

  total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
  }

  async check(): Promise<FacilityReport> {
    let blocks = 0
    for await (const page of this.#store.scan(DATABASE, RANGE)) blocks += page.length
    return { blocks, entries: this.total(), problems: [] }
  }

  close(): void {
    this.#counts.clear()
  }
}

export const countersFacility: Facility<Counters> = {
  name: 'counters',
  databases: () => [{ name: DATABASE, scopes: [{ database: DATABASE }], check: checkRow }],
  acts: plainActs('counters', ['added']),
  rules: {
    methods: {
      add: onNamed('data.write', 'counters'),
      total: onResources('data.list', 'counters/**'),
      check: onResources('verify.run', 'counters'),
      close: OWNER_RULE,
    },
  },
  open: ({ store }) => {
    const face = new Counters(store)
    const figures = { rawBytes: 4, storedBytes: 4, first: null, last: null }
    return Promise.resolve({
      face,
      verify: async () => await face.check(),
      statistics: () => [{ name: 'all', count: face.total(), ...figures }],
      close: () => face.close(),
    })
  },
}

function checkRow({ value }: Row): void {
  if (value.length !== 4) throw new ForgeError('RECORD_TAMPERED', 'a counter has 4 bytes')
}
