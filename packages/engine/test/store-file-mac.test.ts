import { isForgeError } from '@forgeone/common'
import { expect, test } from 'vitest'
import { LocalStore, MemoryBackend, MemoryStoreFiles } from '../src/index.ts'
import { decodeStoreFile, encodeStoreFile, STORE_FILE_NAME, type Mac } from '../src/format/store-file.ts'
import { DATABASES, testProvider } from './model.ts'

test('a store file with the MAC of the first stores opens, and then bears the one that outlives the master key', async () => {
  const home = { files: new MemoryStoreFiles(), backend: new MemoryBackend() }
  const open = (): Promise<LocalStore> =>
    LocalStore.open({ ...home, databases: DATABASES, provider: testProvider() })
  const first = await open()
  const { keyring, file } = first.parts
  const [older, lasting] = [
    encodeStoreFile(file, (bytes) => keyring.fileMac('FORGE', bytes)),
    encodeStoreFile(file, (bytes) => keyring.lastingMac('FORGE', bytes)),
  ]
  expect(await home.files.read(STORE_FILE_NAME)).toEqual(lasting)
  await first.close()
  await home.files.replace(STORE_FILE_NAME, older)
  const second = await open()
  expect(await home.files.read(STORE_FILE_NAME)).toEqual(lasting)
  await second.keys.rotateMaster([testProvider()])
  await second.close()
  await (await open()).close()
  // Once the master key has gone, so has what was made under it.
  await home.files.replace(STORE_FILE_NAME, older)
  const refused = await open().catch((error: unknown) => error)
  expect(isForgeError(refused, 'STORE_DAMAGED')).toBe(true)

  expect(() => decodeStoreFile(lasting).verify(wrongMac)).toThrow('altered')
})

const wrongMac: Mac = () => new Uint8Array(32)
