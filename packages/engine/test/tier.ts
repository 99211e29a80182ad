import { inject } from 'vitest'

/** `pnpm test:long`. */
export const LONG_TIER: boolean = inject('isLongTier')
