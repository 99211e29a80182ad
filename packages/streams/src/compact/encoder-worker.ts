import { isError } from '@forgeone/common'
import { parentPort } from 'node:worker_threads'
import { encodeBlock, type EncodeRequest } from './encode-block.ts'

/** The other side of `BlockEncoder`: one request at a time, one answer each. */
parentPort?.on('message', (request: EncodeRequest) => {
  try {
    const sections = encodeBlock(request)
    parentPort!.postMessage({ sections })
  } catch (error) {
    parentPort!.postMessage({
      error: isError(error) ? (error.stack ?? error.message) : String(error),
    })
  }
})
