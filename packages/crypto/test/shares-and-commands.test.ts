import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRandom } from '@forgeone/common'
import { afterAll, describe, expect, test } from 'vitest'
import { commandProvider, newShares, sharesProvider } from '../src/index.ts'
import { codeOf, codeOfAsync, create, MemoryKeyringFile, reopen } from './fixtures.ts'

const folder = mkdtempSync(join(tmpdir(), 'forge-providers-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function withShares(
  threshold: number,
  count: number,
): Promise<{ file: MemoryKeyringFile; shares: readonly string[] }> {
  const file = new MemoryKeyringFile()
  const keyring = await create({ file })
  const made = newShares({ threshold, count })
  await keyring.addSlot(made.provider)
  return { file, shares: made.shares() }
}

function script(name: string, body: string): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${body}\n`)
  chmodSync(path, 0o700)
  return path
}

describe('shares', () => {
  test('any three of five open the store, in any order', async () => {
    const { file, shares } = await withShares(3, 5)
    expect(new Set(shares).size).toBe(5)
    for (const [a, b, c] of [
      [0, 1, 2],
      [4, 2, 0],
      [3, 4, 1],
    ] as const) {
      const provider = sharesProvider([shares[a]!, shares[b]!, ` ${shares[c]!}\n`])
      expect((await reopen({ file, provider })).openedSlot).toBe(2)
    }
    expect((await reopen({ file, provider: sharesProvider(shares) })).openedSlot).toBe(2)
  })

  test('too few, repeated, mistyped or mixed ones are refused with the reason', async () => {
    const { shares } = await withShares(3, 5)
    const { shares: others } = await withShares(3, 5)
    expect(codeOf(() => sharesProvider(shares.slice(0, 2)))).toBe('KEY_SHARES_INVALID')
    expect(codeOf(() => sharesProvider([shares[0]!, shares[0]!, shares[1]!]))).toBe('KEY_SHARES_INVALID')
    expect(codeOf(() => sharesProvider([shares[0]!, shares[1]!, others[2]!]))).toBe('KEY_SHARES_INVALID')
    expect(codeOf(() => sharesProvider([]))).toBe('KEY_SHARES_INVALID')
    for (let at = 0; at < shares[0]!.length; at++) {
      const changed =
        shares[0]!.slice(0, at) + (shares[0]![at] === 'a' ? 'b' : 'a') + shares[0]!.slice(at + 1)
      expect(codeOf(() => sharesProvider([changed, shares[1]!, shares[2]!]))).toBe('KEY_SHARES_INVALID')
    }
  })

  test('a whole set of another store is a wrong secret', async () => {
    const { file } = await withShares(2, 3)
    const { shares } = await withShares(2, 3)
    expect(await codeOfAsync(() => reopen({ file, provider: sharesProvider(shares) }))).toBe(
      'KEY_SECRET_WRONG',
    )
  })

  test('of an impossible number are not made', () => {
    for (const [threshold, count] of [
      [1, 3],
      [4, 3],
      [2, 17],
      [2.5, 3],
      [Number.NaN, 3],
    ] as const) {
      expect(codeOf(() => newShares({ threshold, count }))).toBe('KEY_SHARES_INVALID')
    }
  })
})

describe('a key command', () => {
  test('wraps and unwraps the slot key; the keyring holds only what it wrapped', async () => {
    const kept = join(folder, 'kept')
    const command = script(
      'kms',
      `if [ "$2" = wrap ]; then cat > ${kept}; printf envelope-of-$1; else cat >/dev/null; cat ${kept}; fi`,
    )
    const provider = commandProvider({ command: [command, 'my-key'] })
    const file = new MemoryKeyringFile()
    await create({ file, provider })
    expect((await reopen({ file, provider })).slots()).toMatchObject([{ kind: 'command', kdf: '$command' }])
    expect(Buffer.from(file.primary!).includes(Buffer.from('envelope-of-my-key').toString('base64'))).toBe(
      true,
    )
    expect(Buffer.from(file.primary!).includes(readFileSync(kept).toString('base64'))).toBe(false)
    writeFileSync(kept, new Uint8Array(32))
    expect(await codeOfAsync(() => reopen({ file, provider }))).toBe('KEY_SECRET_WRONG')
  })

  test('that Node.js refuses to start has a code, and its words are not repeated', async () => {
    const provider = commandProvider({ command: ['true', 'open\0sesame'] })
    const error: unknown = await provider.enrol(systemRandom).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: 'KEY_PROVIDER_FAILED' })
    expect(String(error)).not.toMatch(/open|sesame/)
  })

  test('that fails, is missing, says too much or too little is named, and no shell reads its words', async () => {
    const outcomes = [
      commandProvider({ command: [script('fails', 'echo secret >&2; exit 3')] }),
      commandProvider({ command: [join(folder, 'missing')] }),
      commandProvider({ command: [script('floods', 'yes | head -c 100000')] }),
      commandProvider({ command: [script('silent', 'true')] }),
      commandProvider({ command: [`${script('quiet', 'true')}; touch ${join(folder, 'injected')}`] }),
    ]
    for (const provider of outcomes) {
      const creating = create({ provider })
      await expect(creating).rejects.toMatchObject({ code: 'KEY_PROVIDER_FAILED' })
      await expect(creating).rejects.not.toMatchObject({ message: expect.stringContaining('secret') })
    }
    expect(existsSync(join(folder, 'injected'))).toBe(false)
  })
})
