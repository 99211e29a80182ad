import { connect } from '../../src/index.ts'
import { IPC_KEY } from '../ipc-key.ts'
import { SHOP, type Shop } from '../shop.ts'

// Holds a subscription and deliveries of a shop until it is killed.
const [path] = process.argv.slice(2)
const connection = await connect({ path: path!, credentials: { ipcKey: IPC_KEY } })
const subscription = await connection.proxy<Shop>(SHOP).subscribe()
const batch = await subscription.nextBatch(3)
process.on('disconnect', () => process.exit())
process.send!(batch.map(({ entry }) => entry.id))
