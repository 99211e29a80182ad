import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalJson, ForgeError, isForgeError, utf8Decode, utf8Encode, systemCode } from '@forgeone/common'
import { readSmallFile } from '@forgeone/common/files'
import { z } from 'zod'
import { syncDirectory } from '@forgeone/common/files'

/** Lies in an image, and in nothing else: a store that lives on has none. */
export const IMAGE_FILE_NAME = 'IMAGE'
const IMAGE_FILE_BYTES_MAX = 4096

/** What an image says of itself, to whoever has it and no key. It is not authenticated: what the image holds is. */
export interface ImageFacts {
  /** 16 random bytes in hexadecimal. */
  readonly id: string
  /** Of the store that it is an image of. */
  readonly storeId: string
  readonly generation: string
  /** The image shows the store as it was after this commit. */
  readonly sequence: number
  /** Commit time of that commit, in ms since 1970. */
  readonly time: number
}

const schema = z.strictObject({
  format: z.literal('forge-image'),
  version: z.literal(1),
  id: z.string().regex(/^[0-9a-f]{32}$/),
  storeId: z.string().regex(/^[0-9a-f]{32}$/),
  generation: z.string().regex(/^[0-9a-f]{16}$/),
  sequence: z.int().min(0),
  time: z.int().min(0),
})

export function encodeImageFile(facts: ImageFacts): Uint8Array {
  const members = { format: 'forge-image', version: 1, ...facts }
  return utf8Encode(`${canonicalJson(members, { code: 'INTERNAL', what: 'the image file' })}\n`)
}

/**
 * What a directory is an image of; undefined for one that is none.
 * @throws STORE_DAMAGED when the file is not what we write
 */
export async function readImageFile(path: string): Promise<ImageFacts | undefined> {
  try {
    const bytes = await readSmallFile(join(path, IMAGE_FILE_NAME), { bytesMax: IMAGE_FILE_BYTES_MAX })
    if (bytes === undefined) return undefined
    const { format: _format, version: _version, ...facts } = schema.parse(JSON.parse(utf8Decode(bytes)))
    return facts
  } catch (cause) {
    if (systemCode(cause) === 'EACCES')
      throw new ForgeError('STORE_UNWRITABLE', `this user may not read ${IMAGE_FILE_NAME} in ${path}`, {
        cause,
      })
    if (!(cause instanceof SyntaxError || cause instanceof z.ZodError || isForgeError(cause))) throw cause
    throw new ForgeError('STORE_DAMAGED', `the file ${IMAGE_FILE_NAME} in ${path} is damaged`, {
      cause,
      hint: `If this was no image, move ${IMAGE_FILE_NAME} elsewhere; otherwise put the file of the image back.`,
    })
  }
}

/** What was an image is a store from now on. */
export async function removeImageFile(path: string): Promise<void> {
  await rm(join(path, IMAGE_FILE_NAME), { force: true })
  await syncDirectory(path)
}
