import { serve } from '../../src/index.ts'
import { IPC_KEY } from '../ipc-key.ts'
import { Shop, SHOP } from '../shop.ts'

// Serves a shop at the path it is given, until it is told to close, or killed.
const [path] = process.argv.slice(2)
const shop = new Shop()
const server = await serve({
  path: path!,
  description: SHOP,
  authentication: { ipcKey: IPC_KEY },
  facesFor: () => shop,
})
process.on('message', (told) => {
  if (told === 'log') process.send!(shop.log.concat(shop.handed.map(({ outcome }) => outcome)))
  else void server.close({ graceMs: 10_000 }).then(() => process.disconnect())
})
process.on('disconnect', () => process.exit())
process.send!('ready')
