// Accepts a rollback, over and over, until it is killed. Arguments: directory of the store, anchor file.
import { fileAnchor } from '@forgeone/audit'
import { Forge } from '../../src/index.ts'
import { SECRET } from '../temporary-folder.ts'

const [path, anchorFile] = process.argv.slice(2)
const anchors = [await fileAnchor({ path: anchorFile!, dataDirectory: path! })]
process.send?.('ready')
for (;;) {
  const forge = await Forge.open({
    path: path!,
    secret: SECRET,
    anchors,
    acceptRollback: { reason: 'a test', copy: true },
  })
  await forge.close()
}
