/** A process that asks one thing about an image, through a cache that another one left, and reports its time as JSON. */
import { IMAGE_OPERATIONS, timedInOpenedCache, type ImageOperationName } from '../caches/image-operations.ts'

const [dbPath = '', image = '', name = ''] = process.argv.slice(2)
// The workload gives the name of one of them.
const operation = IMAGE_OPERATIONS[name as ImageOperationName]
const { ms, result } = await timedInOpenedCache(dbPath, (images) => operation(images, image))
process.stdout.write(JSON.stringify({ ms, isCached: result.isCached }))
