import { systemTimer } from '@forgeone/common'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import type { SectionRows } from '@forgeone/log-codec'
import { BlockEncoder } from '../../src/compact/block-encoder.ts'
import { encodeBlock, type EncodeRequest } from '../../src/compact/encode-block.ts'

function rowsOf(count: number): SectionRows {
  const lines = Array.from({ length: count }, (_, n) => `user ${(n * 7919) % 1009} asked for page ${n}`)
  const textOffsets = new Uint32Array(count + 1)
  for (const [n, line] of lines.entries()) textOffsets[n + 1] = textOffsets[n]! + line.length
  return {
    count,
    offsets: undefined,
    timestamps: new Float64Array(count).map((_, n) => 1_700_000_000_000 + n),
    levels: new Uint8Array(count),
    textKinds: undefined,
    text: Buffer.from(lines.join('')),
    textOffsets,
    metadata: new Map(),
    ids: new Map(),
    markers: new Map(),
  }
}

const REQUEST: EncodeRequest = {
  sections: [rowsOf(3000), undefined, rowsOf(2000), rowsOf(1000)],
  level: 'fast',
  seed: 7,
}

const STARTS: readonly (readonly [string, () => Worker])[] = [
  ['whose file is not there', () => new Worker(new URL('./no-such-worker.js', import.meta.url))],
  ['that ends at once', () => new Worker('process.exit(3)', { eval: true })],
  [
    'that may not be started',
    () => {
      throw new Error('threads are forbidden here')
    },
  ],
]

test.each(STARTS)('with a thread %s blocks are encoded here, beside what else goes on', async (_, start) => {
  const encoder = new BlockEncoder(systemTimer, start)
  for (let round = 0; round < 2; round++) {
    let turns = 0
    let isDone = false
    const count = (): void => {
      turns++
      if (!isDone) setImmediate(count)
    }
    setImmediate(count)
    const sections = await encoder.encode(REQUEST)
    isDone = true
    expect(sections).toEqual(encodeBlock(REQUEST))
    expect(encoder.isHere).toBe(true)
    // A section and a filter each in a turn of its own.
    expect(turns).toBeGreaterThanOrEqual(6)
  }
  await encoder.close()
})

test('a thread that answered once and then ends is told, not replaced', async () => {
  const source = `const { parentPort } = require('node:worker_threads')
    let asked = 0
    parentPort.on('message', () => asked++ === 0 ? parentPort.postMessage({ sections: [] }) : process.exit(1))`
  const encoder = new BlockEncoder(systemTimer, () => new Worker(source, { eval: true }))
  expect(await encoder.encode(REQUEST)).toEqual([])
  await expect(encoder.encode(REQUEST)).rejects.toMatchObject({ code: 'STREAM_COMPACTION_FAILED' })
  expect(encoder.isHere).toBe(false)
  await encoder.close()
})
