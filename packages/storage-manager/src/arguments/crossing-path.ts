import { resolve } from 'node:path'
import type { Conversion, MethodShape } from '@forgeone/common'

/** A path is meant from where it is given: the process that has the store open may run elsewhere. */
const CROSSING_PATH: Conversion = {
  give: (path: unknown) => (typeof path === 'string' && path !== '' ? resolve(path) : path),
  take: (path: unknown) => path,
}

/** Of a method whose first argument is a path of the host. */
export const TAKES_PATH: NonNullable<MethodShape['takes']> = { 0: CROSSING_PATH }

/** Of a method whose options name a directory of the host. */
export const TAKES_DIRECTORY: NonNullable<MethodShape['takes']> = {
  0: {
    give: (options: unknown) => {
      if (typeof options !== 'object' || options === null || !('directory' in options)) return options
      return { ...options, directory: CROSSING_PATH.give(options.directory as never) }
    },
    take: (options: unknown) => options,
  },
}
