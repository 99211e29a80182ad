import { expect, test } from 'vitest'
import { MESSAGE_BYTES_MAX } from '../../src/entry/limits.ts'
import { StoreHost } from './store-host.ts'

test('a regular expression finds its match wherever it stands in a row, whatever the length', async () => {
  await using host = new StoreHost()
  const { logs } = await host.open()
  const needle = ' needle42 '
  const places = [0, 65_525, 65_530, 65_536, 65_537, 131_072, 524_288, MESSAGE_BYTES_MAX - needle.length]
  for (const place of places) {
    const message = `${'x'.repeat(place)}${needle}`.padEnd(Math.min(place + 100, MESSAGE_BYTES_MAX), 'y')
    await logs.append([{ topic: 't', message }])
  }
  await logs.append([{ topic: 't', message: 'x'.repeat(MESSAGE_BYTES_MAX) }])
  for (const query of ['~"needle[0-9]+"', '~" ne+dle[0-9]+ "', '*"needle42"*', 'message:~"needle.. "'])
    expect(await logs.search(query).toArray(), query).toHaveLength(places.length)
})
