import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fingerprintOf, statSource } from '../src/catalogue/source-fingerprint.ts'
import { filePieces } from '../src/hash/file-pieces.ts'
import { FileSource } from '../src/source/file-source.ts'

const OPENERS: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  'a fingerprint': (path) => fingerprintOf(path),
  'the pieces of a file': (path) => Array.fromAsync(filePieces(path, undefined)),
  'a source': (path) => FileSource.open(path),
  'what is known of a file': (path) => statSource(path),
}

for (const [name, opens] of Object.entries(OPENERS)) {
  test(`${name} waits for no pipe that came into the place of an image, and says what is not there`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'forge-pipes-'))
    try {
      execFileSync('mkfifo', [join(folder, 'pipe')])
      for (const path of [join(folder, 'pipe'), folder, '/dev/null'])
        await expect(opens(path)).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' })
      await expect(opens(join(folder, 'none'))).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}
