import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateRawSync, gzipSync } from 'node:zlib'
import { concatBytes, isForgeError, utf8Encode } from '@forgeone/common'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decompress } from '../../src/import/decompress.ts'
import { chunksOf } from '../stream/store-host.ts'

async function expanded(
  bytes: Uint8Array,
  chunkBytes = 65_536,
): Promise<{ readonly text: string; readonly code: unknown }> {
  const pieces: Uint8Array[] = []
  let code: unknown
  try {
    for await (const piece of decompress(chunksOf(bytes, chunkBytes))) pieces.push(piece)
  } catch (error) {
    code = isForgeError(error) ? error.code : error
  }
  return { text: Buffer.concat(pieces).toString('latin1'), code }
}

const lines = Array.from({ length: 20_000 }, (_, n) => `line ${n} ${(n * 7919) % 1000}\n`).join('')

/** RFC 1952 with every part that a header may have. */
function memberWithEverything(text: string): Uint8Array {
  const data = utf8Encode(text)
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(crc32(data))
  trailer.writeUInt32LE(data.length, 4)
  const header = [0x1f, 0x8b, 8, 2 + 4 + 8 + 16, 0, 0, 0, 0, 0, 255]
  const extra = [3, 0, 1, 2, 3]
  return concatBytes([
    Uint8Array.from([...header, ...extra]),
    utf8Encode('a name\0a comment\0'),
    Uint8Array.of(0, 0),
    deflateRawSync(data),
    trailer,
  ])
}

test('members in a row, with every part of a header, and zeros behind the last are one text, however they come', async () => {
  const bytes = concatBytes([
    gzipSync(lines),
    memberWithEverything('in the middle\n'),
    gzipSync(''),
    gzipSync('the last\n'),
    new Uint8Array(10_000),
  ])
  for (const chunkBytes of [1, 7, 4096, 65_536])
    expect(await expanded(bytes, chunkBytes)).toEqual({
      text: `${lines}in the middle\nthe last\n`,
      code: undefined,
    })
})

test('what is behind the last member and is none costs nothing of what was whole, as gzip has it', async () => {
  for (const behind of ['garbage\n', '\u001f\u008b', '\0\0x']) {
    const bytes = concatBytes([gzipSync(lines), Buffer.from(behind, 'latin1')])
    expect(await expanded(bytes)).toEqual({ text: lines, code: 'INPUT_UNREADABLE' })
    const folder = mkdtempSync(join(tmpdir(), 'forge-gzip-'))
    writeFileSync(join(folder, 'a.gz'), bytes)
    const judged = execFileSync('sh', ['-c', 'gzip -dc a.gz 2>/dev/null; true'], {
      cwd: folder,
      maxBuffer: 1e8,
    })
    expect(judged.toString()).toBe(lines)
    rmSync(folder, { recursive: true })
  }
})

test('a member whose checksum or length is another is told, behind what it says', async () => {
  for (const place of [-8, -1]) {
    const bytes = Uint8Array.from(gzipSync(lines))
    bytes[bytes.length + place]! ^= 1
    expect(await expanded(bytes)).toEqual({ text: lines, code: 'INPUT_UNREADABLE' })
  }
})

test('cut or changed anywhere, it gives a beginning of the text and a refusal, or all of it', async () => {
  const text = lines.slice(0, 20_000)
  const whole = gzipSync(text)
  await fc.assert(
    fc.asyncProperty(
      fc.nat(whole.length - 1),
      fc.nat(255),
      fc.constantFrom(100, 4096),
      async (at, byte, chunkBytes) => {
        // Less than its first bytes is no gzip.
        if (at < 3) return
        const cut = await expanded(whole.subarray(0, at), chunkBytes)
        expect(text.startsWith(cut.text)).toBe(true)
        expect(cut.code).toBe('INPUT_UNREADABLE')
        const changed = Uint8Array.from(whole)
        changed[at] = byte
        if (byte === whole[at]) return
        const read = await expanded(changed, chunkBytes)
        if (read.code === undefined) expect(read.text).toBe(text)
        else expect(read.code).toBe('INPUT_UNREADABLE')
      },
    ),
    { numRuns: 150 },
  )
})
