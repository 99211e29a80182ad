import { describe, expect, test } from 'vitest'
import { checkApiSnapshots } from '../src/api/snapshots.ts'
import type { Rule } from '../src/repository/file-listing.ts'
import { checkBannedCode } from '../src/rules/banned-code.ts'
import { checkDeclaredDependencies } from '../src/rules/declared-dependencies.ts'
import { checkErrorCodes } from '../src/rules/error-codes.ts'
import { checkFileLength, FILE_LINES_MAX } from '../src/rules/file-length.ts'
import { checkFileNames } from '../src/rules/file-names.ts'
import { checkFolderCycles } from '../src/rules/folder-cycles.ts'
import { checkImportCycles } from '../src/rules/import-cycles.ts'
import { checkLayers } from '../src/rules/layers.ts'
import { checkMachinePlaces } from '../src/rules/machine-places.ts'
import { checkPackageContents } from '../src/rules/package-contents.ts'
import { checkPublicList } from '../src/rules/public-list.ts'
import { checkPublishedManifests } from '../src/rules/published-manifests.ts'
import { checkReadmeHeads } from '../src/rules/readme-head.ts'
import { checkReadmeLinks } from '../src/rules/readme-links.ts'
import { checkRealmSafe } from '../src/rules/realm-safe.ts'
import { checkReferences } from '../src/rules/references.ts'
import { checkRelativeImports } from '../src/rules/relative-imports.ts'
import {
  BUILD,
  BUNDLED,
  CODES,
  ERRORS,
  PACKAGES,
  PLACE,
  PLACED,
  PUBLISHED,
  USES,
  WEB,
  manifest,
  type Listing,
} from './example-files.ts'

function reasonsOf(rule: Rule, files: Listing): readonly string[] {
  return rule(new Map(Object.entries(files))).map(({ path, reason }) => `${path}: ${reason}`)
}

interface Example {
  readonly rule: Rule
  readonly good: Listing
  /** What is added to the good files, and a part of the objection to it. */
  readonly bad: readonly (readonly [added: Listing, objection: RegExp])[]
}

const EXAMPLES: Readonly<Record<string, Example>> = {
  layers: {
    rule: checkLayers,
    good: { ...PACKAGES, 'packages/high/src/a.ts': "import { b } from '@forgeone/low'\n" },
    bad: [
      [
        { 'packages/low/package.json': manifest({ name: '@forgeone/low', forgeone: { layer: 2 } }) },
        /layer 2 depends on @forgeone\/low of layer 2/,
      ],
      [
        { 'packages/low/src/a.ts': "import type { C } from '@forgeone/high'\n" },
        /low\/src\/a.ts: layer 1 depends on/,
      ],
      [
        {
          'packages/low/package.json': manifest({
            name: '@forgeone/low',
            forgeone: { layer: 1 },
            devDependencies: { '@forgeone/high': '*' },
          }),
        },
        /layer 1 depends on @forgeone\/high/,
      ],
      [{ 'packages/low/package.json': manifest({ name: '@forgeone/low' }) }, /names no forgeone.layer/],
      [{ 'packages/high/src/a.ts': "import { b } from '@forgeone/gone'\n" }, /not in the workspace/],
    ],
  },
  references: {
    rule: checkReferences,
    good: {
      ...PACKAGES,
      'packages/low/tsconfig.json': '{}',
      'packages/high/tsconfig.json': '{ "references": [{ "path": "../low" }] }',
      'tools/program/package.json': manifest({ name: '@forgeone/program' }),
      'apps/bundled/package.json': BUNDLED,
      'apps/bundled/tsconfig.json': '{ "references": [{ "path": "../../packages/low" }] }',
      'apps/bundled/src/a.ts': '',
    },
    bad: [
      [{ 'apps/bundled/tsconfig.json': '{}' }, /references nothing; dependencies are packages\/low/],
      [{ 'tools/program/src/a.ts': '' }, /^tools\/program\/tsconfig.json: is missing/],
      [{ 'packages/high/tsconfig.json': '{}' }, /references nothing; dependencies are packages\/low/],
      [
        { 'packages/low/tsconfig.json': '{ "references": [{ "path": "../high" }] }' },
        /references packages\/high; dependencies are none/,
      ],
    ],
  },
  'declared dependencies': {
    rule: checkDeclaredDependencies,
    good: {
      ...PACKAGES,
      'packages/low/package.json': manifest({ name: '@forgeone/low', imports: { '#hash': {} } }),
      'packages/low/src/a.ts': "import { hash } from '#hash'\n",
      'package.json': manifest({ name: 'root', devDependencies: { vitest: '5' } }),
      'packages/high/src/a.ts':
        "import { z } from 'zod/v4'\nimport fs from 'node:fs'\nimport { b } from './b.ts'\n",
      'packages/high/test/a.test.ts': "import { test } from 'vitest'\n",
      'apps/bundled/package.json': BUNDLED,
      'apps/bundled/src/a.ts': "import { a } from '@forgeone/low'\n",
    },
    bad: [
      [{ 'apps/bundled/src/b.ts': "import { x } from 'publint'\n" }, /imports publint/],
      [{ 'packages/high/src/b.ts': "import { x } from 'left-pad'\n" }, /imports left-pad/],
      [{ 'packages/high/src/b.ts': "import {\n  test,\n} from 'vitest'\n" }, /imports vitest/],
      [{ 'packages/high/src/b.ts': `const x = await ${'import'}('left-pad')\n` }, /imports left-pad/],
      [{ 'packages/high/test/b.test.ts': "import 'left-pad'\n" }, /imports left-pad/],
      [{ 'packages/low/src/a.ts': "import { hash } from '#other'\n" }, /imports #other/],
    ],
  },
  'relative imports': {
    rule: checkRelativeImports,
    good: {
      ...PACKAGES,
      'packages/low/src/a.ts': "import { b } from './b.ts'\n",
      'packages/low/src/b.ts': '',
      'packages/low/src/index.ts': '',
      'packages/low/test/a.test.ts': "import { a } from '../src/index.ts'\n",
    },
    bad: [
      [{ 'packages/high/src/a.ts': "import { b } from '../../low/src/b.ts'\n" }, /of another package/],
      [{ 'packages/low/src/b.ts': "import { b } from './index.ts'\n" }, /imports an index.ts/],
      [{ 'packages/low/src/b.ts': "import { b } from './gone.ts'\n" }, /which is not there/],
    ],
  },
  'import cycles': {
    rule: checkImportCycles,
    good: {
      'packages/low/src/a.ts': "import { b } from './b.ts'\nimport { c } from './c.ts'\n",
      'packages/low/src/b.ts': "import { c } from './c.ts'\n",
      'packages/low/src/c.ts': '',
    },
    bad: [
      [
        { 'packages/low/src/c.ts': "import type { A } from './a.ts'\n" },
        /by way of .*c.ts -> packages\/low\/src\/a.ts/,
      ],
    ],
  },
  'folder cycles': {
    rule: checkFolderCycles,
    good: {
      ...PACKAGES,
      // Files of the root belong to no folder, whichever way they import.
      'packages/low/src/index.ts': "export { a } from './low/a.ts'\n",
      'packages/low/src/limits.ts': "import { a } from './high/a.ts'\n",
      'packages/low/src/high/a.ts': "import { a } from '../low/a.ts'\nimport { b } from './b.ts'\n",
      'packages/low/src/high/b.ts': "import { deep } from './deep/c.ts'\n",
      'packages/low/src/high/deep/c.ts': '',
      'packages/low/src/low/a.ts': "import { limit } from '../limits.ts'\n",
      'packages/low/test/a.test.ts': "import { a } from '../src/high/a.ts'\n",
    },
    bad: [
      [
        { 'packages/low/src/low/c.ts': "import type { B } from '../high/b.ts'\n" },
        /low\/c.ts: closes a circle of folders: high -> low -> high/,
      ],
      [
        {
          'packages/low/src/low/c.ts': "import type { M } from '../middle/m.ts'\n",
          'packages/low/src/middle/m.ts': "import { b } from '../high/b.ts'\n",
        },
        /middle\/m.ts: closes a circle of folders: high -> low -> middle -> high/,
      ],
      [
        { 'packages/low/src/high/deep/d.ts': "import { b } from '../b.ts'\n" },
        /deep\/d.ts: closes a circle of folders: high -> high\/deep -> high/,
      ],
    ],
  },
  'public list': {
    rule: checkPublicList,
    good: {
      'packages/low/src/index.ts':
        "/** List. */\nexport { a, type B } from './a.ts'\nexport type {\n  C,\n} from './c.ts'\n",
      'packages/low/vitest.config.ts': 'export default 1\n',
    },
    bad: [
      [{ 'packages/low/src/index.ts': "export * from './a.ts'\n" }, /export \*/],
      [{ 'packages/low/src/a.ts': 'export default 1\n' }, /default export/],
      [
        { 'packages/low/src/index.ts': 'export const one = 1\n' },
        /more than named re-exports: export const one/,
      ],
    ],
  },
  'file names': {
    rule: checkFileNames,
    good: {
      'packages/low/src/shard-router.ts': '',
      'packages/low/test/a-b.property.test.ts': '',
      'vitest.shared.ts': '',
    },
    bad: [
      [{ 'packages/low/src/shardRouter.ts': '' }, /kebab-case/],
      [{ 'packages/low/src/utils.ts': '' }, /does not say/],
      [{ 'packages/low/test/helpers.test.ts': '' }, /does not say/],
    ],
  },
  'file length': {
    rule: checkFileLength,
    good: { 'packages/low/src/a.ts': 'x\n'.repeat(FILE_LINES_MAX) },
    bad: [[{ 'packages/low/src/b.ts': 'x\n'.repeat(FILE_LINES_MAX + 1) }, /has 401 lines/]],
  },
  realms: {
    rule: checkRealmSafe,
    good: {
      'packages/low/src/a.ts':
        '// error instanceof Error\nconst is = isError(error) || error instanceof ForgeError\n',
      'packages/low/test/a.test.ts': 'expect(error instanceof Error).toBe(true)\n',
    },
    bad: [
      [
        { 'packages/low/src/b.ts': "if (error instanceof Error && 'code' in error) return\n" },
        /line 1 .* Error/,
      ],
      [{ 'apps/low/src/b.ts': '\nreturn value instanceof Uint8Array\n' }, /line 2 .* Uint8Array/],
    ],
  },
  'banned code': {
    rule: checkBannedCode,
    good: {
      'packages/low/src/a.ts': `/** Taken as ${'any'} caller gives it. */\nconst anyOf = 'x'\n// why it cannot run here\ntest.skip('x')\ntest.skipIf(isAbsent)('x')\n`,
    },
    bad: [
      [{ 'packages/low/src/b.ts': `// ${'TO'}DO: later\n` }, /line 1 is a reminder/],
      [{ 'packages/low/src/b.ts': `// ${'FIX'}ME\n` }, /line 1 is a reminder/],
      [{ 'packages/low/src/b.ts': `\n// @ts-${'ignore'}\n` }, /line 2 silences/],
      [{ 'packages/low/src/b.ts': `const x = y as ${'any'}\n` }, /the type any/],
      [{ 'packages/low/src/b.ts': `function f(x: ${'any'}): void {}\n` }, /the type any/],
      [{ 'packages/low/src/b.ts': `let x: Map<${'any'}, string>\n` }, /the type any/],
      [{ 'packages/low/test/b.test.ts': `test.${'only'}('x')\n` }, /one test only/],
      [{ 'packages/low/test/b.test.ts': "\ndescribe.skip('x')\n" }, /line 2 skips/],
    ],
  },
  'README heads': {
    rule: checkReadmeHeads,
    good: { ...PACKAGES, 'packages/low/README.md': '# @forgeone/low\n\nLayer 1. Everything below.\n' },
    bad: [
      [
        { 'packages/low/README.md': '# low\n\nLayer 1. Everything.\n' },
        /does not begin with "# @forgeone\/low"/,
      ],
      [
        { 'packages/low/README.md': '# @forgeone/low\n\nLayer 2. Everything.\n' },
        /does not go on with "Layer 1\."/,
      ],
    ],
  },
  'package contents': {
    rule: checkPackageContents,
    good: {
      'packages/low/package.json': PUBLISHED,
      'packages/low/README.md': '',
      'packages/low/LICENSE': '',
      'tools/x/package.json': manifest({ name: '@forgeone/x', private: true }),
    },
    bad: [
      [{ 'packages/low/package.json': PUBLISHED.replace('Apache-2.0', 'MIT') }, /license is not/],
      [{ 'packages/low/package.json': PUBLISHED.replace('exports', 'exported') }, /has no exports/],
      [{ 'packages/low/package.json': PUBLISHED.replace('engines', 'motors') }, /names no version of Node/],
      [{ 'packages/low/package.json': PUBLISHED.replace('"dist",', '') }, /does not name dist/],
      [{ 'packages/low/package.json': PUBLISHED.replace('A package', '') }, /has no description/],
      [{ 'packages/low/package.json': PUBLISHED.replace('{', '{"private":true,') }, /is marked private/],
      [{ 'packages/high/package.json': PUBLISHED }, /has no README.md/],
      [{ 'tools/y/package.json': manifest({ name: '@forgeone/y' }) }, /is not marked private/],
      [{ 'apps/cli/package.json': PUBLISHED }, /bin does not lead forge/],
    ],
  },
  'published manifests': {
    rule: checkPublishedManifests,
    good: {
      'package.json': manifest({ name: 'root', private: true, ...PLACE }),
      'packages/low/package.json': PLACED,
      'tools/x/package.json': manifest({ name: '@forgeone/x', private: true }),
    },
    bad: [
      [{ 'package.json': '{}' }, /^package.json: needs homepage, bugs and repository/],
      [{ 'packages/high/package.json': PLACED }, /needs "repository": .*"directory":"packages\/high"/],
      [{ 'packages/low/package.json': PLACED.replace('/issues', '') }, /needs "bugs": .*\/issues/],
      [{ 'packages/low/package.json': PLACED.replace('homepage', 'home') }, /needs "homepage"/],
      [{ 'packages/low/package.json': PLACED.replace('"low"', '') }, /needs "keywords"/],
      [{ 'packages/low/package.json': PLACED.replace('public"', 'x"') }, /needs "publishConfig"/],
      [{ 'packages/low/package.json': PLACED.replace('prepack', 'pack') }, /needs the script "prepack"/],
      [{ 'packages/low/package.json': PLACED.replaceAll(BUILD, 'tsc -b') }, /its build needs/],
    ],
  },
  'README links': {
    rule: checkReadmeLinks,
    good: {
      'package.json': manifest({ name: 'root', private: true, ...PLACE }),
      'packages/low/package.json': PLACED,
      'README.md': '[low](packages/low) [errors](docs/errors.md#a-code) [top](#forge)\n# Forge\n',
      'docs/errors.md': '## `A` code\n[elsewhere](https://example.com/x) `[x](y)`\n```ts\n[a](b)\n```\n',
      'packages/low/README.md': `[errors](${WEB}/blob/main/docs/errors.md#a-code) [all](${WEB}/tree/main/packages)`,
    },
    bad: [
      [
        { 'packages/low/README.md': '[errors](../../docs/errors.md#a-code)' },
        /not packed: write https:\/\/example.org\/forge\/blob\/main\/docs\/errors.md#a-code/,
      ],
      [{ 'packages/low/README.md': '[low](../low)' }, /write .*\/tree\/main\/packages\/low/],
      [{ 'packages/low/README.md': `[gone](${WEB}/blob/main/docs/gone.md)` }, /gone.md, which is not there/],
      [{ 'docs/a.md': '[errors](errors.md#b-code)' }, /errors.md#b-code, which is not there/],
      [{ 'docs/a.md': '[gone](../gone)' }, /gone, which is not there/],
    ],
  },
  'error codes': {
    rule: checkErrorCodes,
    good: {
      'packages/common/src/error-codes.ts': CODES,
      'docs/errors.md': ERRORS,
      'packages/low/src/a.ts': USES,
    },
    bad: [
      [{ 'docs/errors.md': '| `A_CODE` | a | b | 1 |\n' }, /no row for B_CODE/],
      [{ 'docs/errors.md': `${ERRORS}| \`C_CODE\` | a | b | 1 |\n` }, /a row for C_CODE/],
      [{ 'docs/errors.md': ERRORS.split('\n').toReversed().join('\n') }, /another order/],
      [{ 'packages/low/src/a.ts': "throw new ForgeError('A_CODE', '')\n" }, /B_CODE is never used/],
    ],
  },
  'machine places': {
    rule: checkMachinePlaces,
    good: {
      'README.md': 'see packages/network/root/a and https://example.org/work/',
      'docs/a.md': 'homework/root/x',
    },
    bad: [
      [{ 'pnpm-lock.yaml': `\ntarball: https://${'registry'}.npmjs.org/a` }, /line 2 names the host/],
      [{ 'pnpm-lock.yaml': `http://10.0.0.1-${'artifactory'}.corp:8080/a` }, /line 1 names the host/],
      [{ 'docs/b.md': `run \`/${'work'}/main/x\`` }, /names a path of one machine/],
      [{ 'docs/b.md': `"/${'root'}/.npm"` }, /names a path of one machine/],
    ],
  },
  'API snapshots': {
    rule: checkApiSnapshots,
    good: {
      'packages/low/package.json': PUBLISHED,
      'packages/low/src/index.ts': "export { A, type B, c } from './a.ts'\n",
      'packages/low/src/a.ts': 'export class A {}\nexport interface B {}\nexport const c = 1\n',
      'packages/low/api.txt': '# @forgeone/low\nA: class\nB: interface\nc: const\n',
    },
    bad: [
      [
        { 'packages/low/src/index.ts': "export { A, type B, c, d } from './a.ts'\n" },
        /\+d: unknown.*run api/,
      ],
      [
        {
          'packages/low/src/a.ts':
            'export abstract class A {}\nexport interface B {}\nexport function c() {}\n',
        },
        /-c: const, \+c: function/,
      ],
      [{ 'packages/high/package.json': PUBLISHED }, /high\/api.txt: is missing/],
    ],
  },
}

describe.each(Object.entries(EXAMPLES))('the rule about %s', (_, { rule, good, bad }) => {
  test('accepts what is in order', () => {
    expect(reasonsOf(rule, good)).toEqual([])
  })

  test.each(bad.map(([added, objection]) => ({ added, objection })))(
    'objects: $objection',
    ({ added, objection }) => {
      expect(reasonsOf(rule, { ...good, ...added }).join('\n')).toMatch(objection)
    },
  )
})
