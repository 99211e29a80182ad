import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { originHash } from './witness-state.ts'
import { WITNESS_BODY_BYTES_MAX } from './witness-body.ts'
import type { Policy } from '../policy/policy.ts'
import type { Witness, WitnessResponse } from './witness.ts'

/** Slow senders are cut off after so long, headers and body together. */
export const REQUEST_TIMEOUT_MS = 10_000
/** Node looks for them only so often; by default each half a minute. */
const LOOKS_PER_TIMEOUT = 10
const TEXT_HEADERS = { 'Content-Type': 'text/plain; charset=utf-8' }

/** `POST /add-checkpoint` and `GET /<origin hash>/checkpoint`; the caller listens and closes. */
export function witnessServer({
  witness,
  policy,
  requestTimeoutMs = REQUEST_TIMEOUT_MS,
}: {
  readonly witness: Witness
  readonly policy: Policy
  readonly requestTimeoutMs?: number | undefined
}): Server {
  const originOf = new Map(policy.logs.map(({ origin }) => [originHash(origin), origin]))
  const timeouts = {
    requestTimeout: requestTimeoutMs,
    // Node lets the longer of the two decide.
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.max(1, Math.floor(requestTimeoutMs / LOOKS_PER_TIMEOUT)),
  }
  return createServer(timeouts, (request, response) => {
    answer(request, { witness, originOf })
      .catch((): WitnessResponse => ({ status: 500, headers: TEXT_HEADERS, body: 'the witness failed\n' }))
      .then((result) => send(response, result))
      .catch(() => response.destroy())
  })
}

async function answer(
  request: IncomingMessage,
  { witness, originOf }: { witness: Witness; originOf: ReadonlyMap<string, string> },
): Promise<WitnessResponse> {
  const path = request.url ?? ''
  if (request.method === 'POST' && path === '/add-checkpoint') {
    const body = await readBody(request)
    if (body === undefined) return { status: 413, headers: TEXT_HEADERS, body: 'the request is too large\n' }
    return await witness.addCheckpoint(body)
  }
  const hash = /^\/([0-9a-f]{64})\/checkpoint$/.exec(path)?.[1]
  const origin = hash === undefined ? undefined : originOf.get(hash)
  const note = request.method === 'GET' && origin !== undefined ? await witness.checkpoint(origin) : undefined
  return note === undefined
    ? { status: 404, headers: TEXT_HEADERS, body: 'there is nothing here\n' }
    : { status: 200, headers: TEXT_HEADERS, body: note }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    // Without an encoding, requests give Buffers.
    const piece = chunk as Buffer
    bytes += piece.length
    if (bytes > WITNESS_BODY_BYTES_MAX) return undefined
    chunks.push(piece)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function send(response: ServerResponse, { status, headers, body }: WitnessResponse): void {
  response.writeHead(status, headers)
  response.end(body)
}
