// The first module of this package, which all others stand on: so an older Node.js says in one line what is missing, and not that
// some module lacks an export.

import { NODE_VERSION_MIN, unsupportedNode } from './supported-node.ts'

const reason = unsupportedNode()
if (reason !== undefined) throw new Error(reason)

export { NODE_VERSION_MIN }
