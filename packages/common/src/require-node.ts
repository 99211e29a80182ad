import { unsupportedNode } from './supported-node.ts'

const reason = unsupportedNode()
if (reason !== undefined) throw new Error(reason)
