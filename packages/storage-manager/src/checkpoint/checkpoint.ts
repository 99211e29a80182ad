import { relative, resolve } from 'node:path'
import { ForgeError, isForgeError, toHex, type Random } from '@forgeone/common'
import { takeImage, type ImageResult, type LocalStore } from '@forgeone/engine'
import type { CheckpointRegister } from './checkpoint-register.ts'

const PATH_CHARACTERS_MAX = 4096

/**
 * Takes an image and remembers it with the keys that open it, before there is anything that needs them: a crash leaves an image
 * that is known, or one that is known and not there.
 * @throws STORE_OPTION_INVALID, CHECKPOINT_FAILED
 */
export async function takeCheckpoint(
  directory: string,
  o: { readonly store: LocalStore; readonly register: CheckpointRegister; readonly random: Random },
): Promise<ImageResult> {
  const target = checkedPath(directory)
  const { store, register } = o
  const within = relative(resolve(store.path ?? '/'), target)
  if (within === '' || !within.startsWith('..'))
    throw new ForgeError(
      'CHECKPOINT_FAILED',
      'an image cannot lie within its store: name a directory outside of it',
    )
  const id = toHex(o.random.bytes(16))
  const retired = await register.retiredKeys()
  const keys = store.keys.keyring.list().filter((key) => key.state !== 'destroyed' && !retired.has(key.id))
  const row = {
    id,
    directory: target,
    sequence: store.sequence,
    time: store.lastTime,
    keys: keys.map((key) => key.id),
  }
  await register.add(row)
  const image = await takeOrForget(o, { target, id })
  // A store that takes no more commits keeps the row of before: the image is there all the same, and says itself what it shows.
  await register.taken({ ...row, sequence: image.sequence, time: image.time }).catch((cause: unknown) => {
    if (!isForgeError(cause)) throw cause
  })
  return image
}

async function takeOrForget(
  { store, register }: { readonly store: LocalStore; readonly register: CheckpointRegister },
  { target, id }: { readonly target: string; readonly id: string },
): Promise<ImageResult> {
  try {
    return await takeImage(store, { target, id })
  } catch (error) {
    // A store that takes no more commits keeps the row: it only keeps keys.
    await register.forget(id).catch((cause: unknown) => {
      if (!isForgeError(cause)) throw cause
    })
    throw error
  }
}

function checkedPath(directory: string): string {
  const isPath = typeof directory === 'string' && directory !== '' && !directory.includes('\0')
  if (isPath && directory.isWellFormed() && directory.length <= PATH_CHARACTERS_MAX / 4)
    return resolve(directory)
  throw new ForgeError(
    'STORE_OPTION_INVALID',
    'an image needs the path of a directory, of at most 1,024 characters',
  )
}
