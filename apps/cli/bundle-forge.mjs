// The last step of the build: makes `dist`, in which a file is a command or what several commands share, of what the
// compiler wrote and of all packages that it imports. Names and lines are kept, so that stacks can be read.
import { chmod, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { thirdPartyNotice } from './third-party-notice.mjs'

/** Has a native part, which it looks for beside itself: users install it. */
const INSTALLED = 'classic-level'

/** Bundles the program whose modules lie in a folder. @returns the names of the files written, and the modules in them */
export async function bundleForge({ sources, extension, out, conditions = [], plugins = [] }) {
  const bundle = await rolldown({
    input: {
      main: join(sources, `main${extension}`),
      // A process of its own, started by the demonstration.
      victim: join(sources, `commands/demo/victim${extension}`),
    },
    platform: 'node',
    external: [INSTALLED],
    resolve: { conditionNames: [...conditions, 'node', 'import', 'default'] },
    plugins,
  })
  const { output } = await bundle.write({
    format: 'esm',
    dir: out,
    // `.mjs` needs no package.json to be told from CommonJS, which would be looked for once a file.
    entryFileNames: ({ name }) => (name === 'main' ? 'main.js' : '[name].mjs'),
    chunkFileNames: '[name]-[hash].mjs',
    // What is not ASCII has to be decoded when it is read, and comments have to be read.
    charset: 'ascii',
    comments: { legal: true, annotation: false, jsdoc: false },
  })
  await bundle.close()
  return {
    names: output.map(({ fileName }) => fileName),
    modules: output.flatMap(({ moduleIds }) => moduleIds),
  }
}

if (import.meta.main) {
  const out = join(import.meta.dirname, 'dist')
  const { names, modules } = await bundleForge({ sources: join(out, 'compiled'), extension: '.js', out })
  await writeFile(join(out, 'THIRD-PARTY.txt'), await thirdPartyNotice(modules))
  await chmod(join(out, 'main.js'), 0o755)
  const kept = new Set(['compiled', 'THIRD-PARTY.txt', ...names])
  for (const name of await readdir(out)) if (!kept.has(name)) await rm(join(out, name), { recursive: true })
}
