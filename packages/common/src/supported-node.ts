const MAJOR_MIN = 22
const MINOR_MIN = 15
/** The first version with zstd in `node:zlib`. */
export const NODE_VERSION_MIN: string = `${MAJOR_MIN}.${MINOR_MIN}`

/** Why this version of Node.js is too old; undefined for one that serves, and where there is none. */
export function unsupportedNode(version: string | undefined = nodeVersion()): string | undefined {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number)
  if (version === undefined || major > MAJOR_MIN || (major === MAJOR_MIN && minor >= MINOR_MIN))
    return undefined
  return `ForgeOne needs Node.js ${NODE_VERSION_MIN} or later, this is ${version}`
}

function nodeVersion(): string | undefined {
  return typeof process === 'undefined' ? undefined : process.versions?.node
}
