import { fromHex, toHex } from '@forgeone/common'
import { describe, expect, test } from 'vitest'
import { suiteByName } from '../src/suite/suite-table.ts'
import { HEADER_BYTES, type SuiteKey, type SuiteName } from '../src/suite/suite.ts'
import { sharedVectors } from './fixtures.ts'

interface AeadFile {
  readonly testGroups: readonly {
    readonly keySize: number
    readonly ivSize: number
    readonly tagSize: number
    readonly tests: readonly AeadCase[]
  }[]
}
interface AeadCase {
  readonly tcId: number
  readonly key: string
  readonly iv: string
  readonly aad: string
  readonly msg: string
  readonly ct: string
  readonly tag: string
  readonly result: 'valid' | 'invalid' | 'acceptable'
}

const FILES = [
  ['aes_gcm_test.json', 'aes-256-gcm'],
  ['chacha20_poly1305_test.json', 'chacha20-poly1305'],
  ['xchacha20_poly1305_test.json', 'xchacha20-poly1305'],
] as const

describe.each(FILES)('%s', (name, suiteName) => {
  const file = sharedVectors<AeadFile>(name)
  const suite = suiteByName(suiteName satisfies SuiteName)
  const cases = (file?.testGroups ?? [])
    .filter(
      (group) => group.keySize === 256 && group.ivSize === suite.nonceBytes * 8 && group.tagSize === 128,
    )
    .flatMap((group) => group.tests)

  test.skipIf(file === undefined)(
    'valid values seal to the same bytes and open, invalid ones do not',
    async () => {
      expect(cases.length).toBeGreaterThan(50)
      const differing: number[] = []
      for (const one of cases) if (!(await agrees(one))) differing.push(one.tcId)
      expect(differing).toEqual([])
    },
  )

  async function agrees(one: AeadCase): Promise<boolean> {
    const key = await suite.createKey(fromHex(one.key)!)
    const header = '00'.repeat(HEADER_BYTES)
    const sealed = fromHex(header + one.iv + one.ct + one.tag)!
    const opened = key.open({ aad: fromHex(one.aad)!, sealed })
    if (one.result !== 'valid') return opened === undefined
    return opened !== undefined && toHex(opened) === one.msg && toHex(sealWith(key, one)) === toHex(sealed)
  }

  function sealWith(key: SuiteKey, one: AeadCase): Uint8Array {
    const plain = fromHex(one.msg)!
    const out = new Uint8Array(HEADER_BYTES + suite.nonceBytes + plain.length + suite.tagBytes)
    out.set(fromHex(one.iv)!, HEADER_BYTES)
    key.seal({ aad: fromHex(one.aad)!, plain, out })
    return out
  }
})
