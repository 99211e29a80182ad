/** A web service that lists disk images, read through a cache: 404 for what is absent, 502 for what failed. */
import { MetadataCache } from '@forgeone/cache/persistent'
import { isForgeError } from '@forgeone/common'
import { ImageCatalogue } from '@forgeone/images'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const directory = await mkdtemp(join(tmpdir(), 'forge-listings-'))
const cache = await MetadataCache.open({ config: { dbPath: join(directory, 'cache') } })
const images = new ImageCatalogue({ cache })

function statusOf(error: unknown): number {
  if (isForgeError(error, 'INPUT_NOT_FOUND', 'IMAGE_PATH_UNKNOWN')) return 404
  if (isForgeError(error, 'CACHE_OVERLOADED')) return 503
  // The image is there and cannot be used: the fault lies behind this service.
  return isForgeError(error) ? 502 : 500
}

async function answer(url: URL, response: ServerResponse): Promise<void> {
  const name = url.pathname.slice(1)
  // Only plain names: a path could lead anywhere.
  if (!/^[\w.-]+\.img$/.test(name)) return void response.writeHead(400).end()
  try {
    const { record, isCached } = await images.zones(join(directory, name))
    response.writeHead(200, { 'content-type': 'application/json', 'x-cache': isCached ? 'hit' : 'miss' })
    response.end(JSON.stringify(record.zones))
  } catch (error) {
    response.writeHead(statusOf(error)).end(isForgeError(error) ? error.code : 'INTERNAL')
  }
}

const server = createServer(
  (request, response) => void answer(new URL(request.url ?? '/', 'http://localhost'), response),
)
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
// A server that listens on a port has an address.
const { port } = server.address() as AddressInfo

await writeFile(join(directory, 'disk.img'), new Uint8Array(1024 * 1024))
for (const name of ['disk.img', 'disk.img', 'absent.img', '..%2Fetc%2Fpasswd']) {
  const response = await fetch(`http://127.0.0.1:${port}/${name}`)
  console.log(
    name,
    response.status,
    response.headers.get('x-cache') ?? '-',
    (await response.text()).slice(0, 60),
  )
}

server.close()
server.closeAllConnections()
await cache.close()
await rm(directory, { recursive: true })
