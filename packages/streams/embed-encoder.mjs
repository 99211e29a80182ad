// Puts the code of the encoder's thread into `dist/compact/encoder-source.js`: a bundle has no file beside it to start.
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const place = (path) => fileURLToPath(new URL(path, import.meta.url))
const bundle = await rolldown({ input: place('dist/compact/encoder-worker.js'), platform: 'node' })
const { output } = await bundle.generate({ format: 'cjs', minify: true, comments: false })
if (output.length !== 1) throw new Error('the encoder is one piece')
const target = place('dist/compact/encoder-source.js')
const text = `export const ENCODER_SOURCE = ${JSON.stringify(output[0].code)};\n`
if ((await readFile(target, 'utf8')) !== text) await writeFile(target, text)
