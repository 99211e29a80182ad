import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import {
  connect,
  serve,
  type Connection,
  type IpcServer,
  type ObjectShape,
  type ServeOptions,
} from '../src/index.ts'
import type { ConnectOptions } from '../src/index.ts'
import { IPC_KEY } from './ipc-key.ts'

export interface Served {
  readonly server: IpcServer
  readonly path: string
  connect(options?: Partial<ConnectOptions>): Promise<Connection>
}

/** A place for a socket that is its owner's alone, and goes with the test. */
export async function socketPlace(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ipc-'))
  onTestFinished(async () => await rm(directory, { recursive: true, force: true }))
  return join(directory, 'forge.sock')
}

/** Serves an object for one test. */
export async function served(
  root: object,
  description: ObjectShape,
  options: Partial<ServeOptions> = {},
): Promise<Served> {
  const path = await socketPlace()
  const server = await serve({
    path,
    description,
    authentication: { ipcKey: IPC_KEY },
    facesFor: () => root,
    ...options,
  })
  onTestFinished(async () => await server.close({ graceMs: 0 }))
  return {
    server,
    path,
    connect: async (more) => {
      const connection = await connect({ path, credentials: { ipcKey: IPC_KEY }, ...more })
      onTestFinished(async () => await connection.close())
      return connection
    },
  }
}
