import type { Noun } from '../../program/noun.ts'

export const KEYS: Noun = {
  name: 'keys',
  summary: 'Keys of the store: rotate, rewrap, share, destroy',
  verbs: {
    status: async () => (await import('./status.ts')).keysStatus,
    'generate-file': async () => (await import('./generate-file.ts')).keysGenerateFile,
    rotate: async () => (await import('./rotate.ts')).keysRotate,
    reseal: async () => (await import('./reseal.ts')).keysReseal,
    rewrap: async () => (await import('./rewrap.ts')).keysRewrap,
    'add-provider': async () => (await import('./add-provider.ts')).keysAddProvider,
    'remove-provider': async () => (await import('./remove-provider.ts')).keysRemoveProvider,
    'shares create': async () => (await import('./shares-create.ts')).keysSharesCreate,
    'shares combine': async () => (await import('./shares-combine.ts')).keysSharesCombine,
    destroy: async () => (await import('./destroy.ts')).keysDestroy,
    'accept-restored': async () => (await import('./accept-restored.ts')).keysAcceptRestored,
  },
}
