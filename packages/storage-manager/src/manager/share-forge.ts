import { resolve } from 'node:path'
import type { Clock, Random, Timer } from '@forgeone/common'
import type { FacilityPlan, MethodRule } from '@forgeone/engine'
import { serve, socketPathFor, type HandshakeRefusal, type Identity, type IpcServer } from '@forgeone/ipc'
import { describeForge } from './forge-description.ts'

/** Calls under way have so long to end when the store is closed. */
const GRACE_MS = 5000

export interface SharedForge {
  readonly path: string
  readonly storeId: Uint8Array
  /** 32 bytes, wiped on closing. */
  readonly ipcKey: Uint8Array
  readonly methods: Readonly<Record<string, MethodRule>>
  readonly plans: readonly FacilityPlan<object>[]
  /** The store as its owner has it, who showed the secret. */
  readonly owner: object
  /** The store as a principal has it, for as long as its token stands. @throws ACCESS_TOKEN_INVALID, ACCESS_TOKEN_EXPIRED */
  readonly authenticate: (token: string) => { readonly principal: string; readonly handle: object }
  readonly onRefused: (refusal: HandshakeRefusal) => void
  readonly clock: Clock
  readonly timer: Timer
  readonly random: Random
}

/** Who uses a store from another process. */
export interface ForgeConnection {
  readonly id: number
  /** Absent for who has the secret. */
  readonly principal?: string
  /** As that process says. */
  readonly pid: number
  /** In milliseconds since 1970. */
  readonly since: number
  readonly calls: number
  readonly callsInFlight: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** Subscriptions, deliveries and transactions that it holds. */
  readonly liveObjects: number
}

/** A store that other processes of this user can use. */
export class ForgeServer {
  readonly #server: IpcServer
  readonly #ipcKey: Uint8Array

  private constructor(server: IpcServer, ipcKey: Uint8Array) {
    this.#server = server
    this.#ipcKey = ipcKey
  }

  /** @throws STORE_UNWRITABLE, STORE_NOT_A_STORE, STORE_OPTION_INVALID, IO_FAILED */
  static async open(forge: SharedForge): Promise<ForgeServer> {
    const { path, storeId, ipcKey, methods, plans, owner, authenticate, ...others } = forge
    /** Handles of tokens that have just been looked at, by their principal's name in this connection. */
    const admitted = new Map<string, object>()
    let count = 0
    const server = await serve({
      ...others,
      path: socketPathFor({ directory: resolve(path), storeId }),
      description: describeForge(methods, plans),
      authentication: {
        ipcKey,
        tokens: {
          // Only this user can connect, and only this user, or one who may all, can listen there.
          prove: () => new Uint8Array(0),
          principalOf: (token) => {
            const { principal, handle } = authenticate(token)
            const name = `${principal} ${++count}`
            admitted.set(name, handle)
            return name
          },
        },
      },
      facesFor: (identity) => {
        if (identity.via === 'secret') return owner
        const handle = admitted.get(identity.principal)!
        admitted.delete(identity.principal)
        return handle
      },
    })
    return new ForgeServer(server, ipcKey)
  }

  connections(): readonly ForgeConnection[] {
    return this.#server.connections().map(({ identity, ...figures }) => {
      const principal = principalOf(identity)
      return principal === undefined ? figures : { principal, ...figures }
    })
  }

  async close(): Promise<void> {
    await this.#server.close({ graceMs: GRACE_MS })
    this.#ipcKey.fill(0)
  }
}

function principalOf(identity: Identity): string | undefined {
  return identity.via === 'secret'
    ? undefined
    : identity.principal.slice(0, identity.principal.lastIndexOf(' '))
}
