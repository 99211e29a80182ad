/** Files of an example by path. */
export type Listing = Readonly<Record<string, string>>

export const manifest = (parts: object): string =>
  JSON.stringify({ license: 'Apache-2.0', description: 'A package', ...parts })
export const LOW = manifest({ name: '@forgeone/low', forgeone: { layer: 1 } })
export const HIGH = manifest({
  name: '@forgeone/high',
  forgeone: { layer: 2 },
  dependencies: { '@forgeone/low': 'workspace:^', zod: '^4' },
})
export const PACKAGES: Listing = { 'packages/low/package.json': LOW, 'packages/high/package.json': HIGH }
export const BUNDLED = manifest({
  name: '@forgeone/bundled',
  forgeone: { layer: 7, bundled: true },
  devDependencies: { '@forgeone/low': 'workspace:^', publint: '1' },
})
export const PUBLISHED = manifest({
  name: '@forgeone/low',
  files: ['dist', 'README.md', 'LICENSE'],
  exports: { '.': { '@forgeone/source': './src/index.ts' } },
  engines: { node: '>=22' },
  forgeone: { layer: 1 },
})
export const WEB = 'https://example.org/forge'
export const PLACE = {
  homepage: `${WEB}#readme`,
  bugs: { url: `${WEB}/issues` },
  repository: { type: 'git', url: `git+${WEB}.git` },
}
export const BUILD = 'tsc -b && node ../../tools/publishing/src/clean-dist.ts'
export const PLACED = manifest({
  name: '@forgeone/low',
  ...PLACE,
  homepage: `${WEB}/tree/main/packages/low#readme`,
  repository: { ...PLACE.repository, directory: 'packages/low' },
  keywords: ['low'],
  publishConfig: { access: 'public', provenance: true },
  scripts: { build: BUILD, prepack: BUILD },
})
export const CODES = "export const ERROR_CODES = {\n  A_CODE: 'x',\n  B_CODE: 'y',\n}\n"
export const ERRORS = '| `A_CODE` | a | b | 1 |\n| `B_CODE` | a | b | 1 |\n'
export const USES = "throw new ForgeError('A_CODE', '')\nthrow new ForgeError('B_CODE', '')\n"
