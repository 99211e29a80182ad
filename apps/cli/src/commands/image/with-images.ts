import type { ImageCatalogue } from '@forgeone/images'
import type { CommandContext } from '../../program/command.ts'

/** Runs an action with the catalogue of disk images of the store. */
export async function withImages(
  { store }: CommandContext,
  action: (images: ImageCatalogue) => Promise<void>,
): Promise<void> {
  await using forge = await store.open()
  await action(forge.images)
}
