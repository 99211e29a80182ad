import type { Transform } from 'node:stream'

/** Compressed bytes are given in pieces of this size: what one piece becomes is held in memory. */
export const FED_BYTES: number = 4 * 1024

/** Settles once the decoder has worked through the bytes and all that came out was taken. */
export type Feed = (bytes: Uint8Array) => Promise<void>

/**
 * What a decoder makes of what it is fed, all of it: a stream that fails drops what nobody has read yet, and those bytes are whole.
 * @param feeding settles when everything was given; what it throws is thrown behind the last byte
 */
export async function* decoded<Decoder extends Transform>(
  decoder: Decoder,
  feeding: (feed: Feed) => Promise<void>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const ready: Uint8Array[] = []
  let ended: { readonly failure?: unknown } | undefined
  /** Who waits for the other, and whether anybody reads. */
  const state: { isRead: boolean; wakeReader?: () => void; wakeFeeder?: () => void } = { isRead: true }
  const end = (how: { readonly failure?: unknown }): void => {
    ended ??= how
    state.wakeReader?.()
  }
  decoder.on('data', (chunk: Uint8Array) => {
    ready.push(chunk)
    state.wakeReader?.()
  })
  decoder.once('end', () => end({}))
  decoder.on('error', (failure) => end({ failure }))
  const feed: Feed = async (bytes) => {
    while (ready.length > 0 && state.isRead)
      await new Promise<void>((resolve) => (state.wakeFeeder = resolve))
    if (!state.isRead) throw new Error('nobody reads on')
    await write(decoder, bytes)
  }
  const fed = feeding(feed).then(
    () => void decoder.end(),
    (failure: unknown) => end({ failure }),
  )
  try {
    for (;;) {
      for (let chunk = ready.shift(); chunk !== undefined; chunk = ready.shift()) yield chunk
      state.wakeFeeder?.()
      if (ended !== undefined && ready.length === 0) break
      if (ready.length === 0) await new Promise<void>((resolve) => (state.wakeReader = resolve))
    }
    if ('failure' in ended) throw ended.failure
  } finally {
    state.isRead = false
    decoder.destroy()
    state.wakeFeeder?.()
    await fed
  }
}

async function write(decoder: Transform, bytes: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const closed = (): void => reject(new Error('the decoder was closed'))
    decoder.once('close', closed)
    decoder.write(bytes, (error) => {
      decoder.off('close', closed)
      if (error === null || error === undefined) resolve()
      else reject(error)
    })
  })
}
