import { onResources, type Facility } from '@forgeone/engine'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { facilitiesOf } from '../src/facilities.ts'
import type { ForgeHost } from '../src/forge-host.ts'
import { Forge } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

class Book {
  readonly #notes: string[]
  constructor(notes: string[]) {
    this.#notes = notes
  }
  add(note: string): void {
    this.#notes.push(note)
  }
}

class Notes {
  readonly notes: string[] = []
  // A rule need not say how it crosses where the type says that it is plain.
  book(): unknown {
    return new Book(this.notes)
  }
  async later(): Promise<unknown> {
    return { add: (note: string) => this.notes.push(note) }
  }
  list(): readonly string[] {
    return this.notes
  }
}

const notes: Facility<Notes, ForgeHost> = {
  name: 'notes',
  acts: {},
  rules: {
    methods: {
      book: onResources('data.list', 'notes'),
      later: onResources('data.list', 'notes'),
      list: onResources('data.list', 'notes'),
    },
  },
  open: () => Promise.resolve({ face: new Notes() }),
}

test('no method hands a principal an object with methods that nobody is asked about', async () => {
  await using folder = await temporaryFolder()
  const options = { path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 }
  await using forge = await Forge.openWith(options, { ...facilitiesOf({}), notes })
  await forge.access.grant({ holder: 'lea', actions: ['data.list'], resource: 'notes' }, { by: 'ann' })
  const lea = forge.as('lea') as unknown as { readonly notes: Notes }
  expect(lea.notes.list()).toEqual([])
  expect(() => lea.notes.book()).toThrow()
  await expect(lea.notes.later()).rejects.toThrow()
})
