import { parentPort, workerData } from 'node:worker_threads'
import { LocalStore } from '../../src/index.ts'
import { DATABASES, FACTS, put, testProvider } from '../model.ts'

/** Opens a store in a thread, and closes it, or ends without, when it is told. */
const { path } = workerData as { readonly path: string }
const store = await LocalStore.open({ path, databases: DATABASES, provider: testProvider() })
await store.commit(() => ({ facts: FACTS, operations: [put('alpha', 'held', 'v')] }))
parentPort!.on('message', (message: string) => {
  if (message === 'exit') process.exit(0)
  void store.close().then(() => parentPort!.close())
})
parentPort!.postMessage('open')
