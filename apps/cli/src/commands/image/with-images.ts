import type { ConnectedForge } from '@forgeone/storage-manager'
import type { CommandContext } from '../../program/command.ts'

/** Runs an action with the catalogue of disk images of the store. */
export async function withImages(
  { store }: CommandContext,
  action: (images: ConnectedForge['images']) => Promise<void>,
): Promise<void> {
  await using forge = await store.open()
  await action(forge.images)
}
