import { lstatSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ForgeError, systemClock, systemRandom, systemTimer, type Random, type Timer } from '@forgeone/common'
import type { KeyProvider } from '@forgeone/crypto'
import {
  readStoreFile,
  StoreLock,
  unlockSubkey,
  type FacilityPlan,
  type MethodRule,
  type SubkeyName,
} from '@forgeone/engine'
import { connect, socketPathFor, type Connected, type Connection, type Credentials } from '@forgeone/ipc'
import type { ForgeHandle } from './forge-as.ts'
import { keyProviderOf } from './key-provider-of.ts'
import type { Secret } from './forge-options.ts'
import { describeForge, methodsHere } from './forge-description.ts'

/** The key that both processes have of the secret. */
export const IPC_KEY_NAME: SubkeyName = { purpose: 'ipc', label: 'forge' }

/** How a store is used that another process has open: by the secret as its owner, or by a token as a principal. */
export interface ConnectOptions {
  readonly path: string
  readonly secret?: Secret | undefined
  readonly keyProvider?: KeyProvider | undefined
  readonly token?: string | undefined
  readonly timer?: Timer | undefined
  readonly random?: Random | undefined
}

/** What who showed the secret has beside what principals may be given. */
interface OwnerHandle extends ForgeHandle {
  /** The last commit that reads can see. */
  readonly sequence: number
  removeDamagedRow(id: string): Promise<boolean>
}

/** A store in another process: what answers at once there is a promise here; everything else is the same. */
export interface ConnectedForge extends Connected<OwnerHandle>, AsyncDisposable {
  /** Settles when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>
  /** Ends the connection; the store stays open in its process. */
  close(): Promise<void>
}

export interface ConnectPlan {
  readonly methods: Readonly<Record<string, MethodRule>>
  readonly plans: readonly FacilityPlan<object>[]
}

/** @throws STORE_NOT_FOUND, STORE_NOT_SHARED, KEY_SECRET_WRONG, ACCESS_TOKEN_INVALID, ACCESS_TOKEN_EXPIRED, and what `connect` throws */
export async function connectForge(options: ConnectOptions, plan: ConnectPlan): Promise<ConnectedForge> {
  const { timer = systemTimer, random = systemRandom } = options
  const directory = resolve(options.path)
  const file = await readStoreFile(directory)
  if (file === undefined) throw new ForgeError('STORE_NOT_FOUND', `there is no store at ${options.path}`)
  const path = socketPathFor({ directory, storeId: file.storeId })
  const credentials = await credentialsOf(options, { directory, socket: path, suite: file.suite, random })
  try {
    const connection = await connect({ path, credentials, timer, random })
    return connectedForge(connection, { ...plan, directory })
  } finally {
    if ('ipcKey' in credentials) credentials.ipcKey.fill(0)
  }
}

async function credentialsOf(
  options: ConnectOptions,
  place: {
    readonly directory: string
    readonly socket: string
    readonly suite: Parameters<typeof keyProviderOf>[1]
    readonly random: Random
  },
): Promise<Credentials> {
  const { token, secret, keyProvider } = options
  if (token !== undefined) {
    if (secret !== undefined || keyProvider !== undefined)
      throw new ForgeError('STORE_OPTION_INVALID', 'give a token or the secret, not both', {
        details: { option: 'token' },
      })
    return { token, verifyServer: () => isOfThisUser(dirname(place.socket)) }
  }
  const provider = keyProviderOf(options, place.suite)
  const { directory: path, random } = place
  const ipcKey = await unlockSubkey({ path, provider, clock: systemClock, random }, IPC_KEY_NAME)
  if (ipcKey === undefined) throw new ForgeError('STORE_NOT_FOUND', `there is no store at ${path}`)
  return { ipcKey }
}

/** A token is sent only where nobody but this user, or one who may all, could have put a socket. */
function isOfThisUser(directory: string): boolean {
  if (process.getuid === undefined) return true
  const { uid, mode } = lstatSync(directory)
  return (uid === process.getuid() || uid === 0) && (mode & 0o022) === 0
}

function connectedForge(
  connection: Connection,
  { methods, plans, directory }: ConnectPlan & { readonly directory: string },
): ConnectedForge {
  const proxy = connection.proxy<ForgeHandle>(describeForge(methods, plans)) as unknown as object
  const forge = copyOf(proxy)
  for (const [path, names] of methodsHere(methods, plans)) {
    const face = path === '' ? forge : faceAt(forge, path)
    for (const name of names) define(face, name, () => Promise.reject(onlyThere(path, name, directory)))
  }
  const close = async (): Promise<void> => await connection.close()
  define(forge, 'close', close)
  define(forge, Symbol.asyncDispose, close)
  Object.defineProperty(forge, 'closed', { value: connection.closed.then(() => undefined) })
  return forge as unknown as ConnectedForge
}

/** What stands for the faces is frozen; methods that refuse are put beside theirs. */
function copyOf(face: object): object {
  const copy: object = {}
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(face))) {
    const value: unknown = descriptor.value
    // Faces lie on faces as they are; what is asked for at each look is a getter.
    const isFace = typeof value === 'object' && value !== null
    Object.defineProperty(copy, name, isFace ? { ...OPEN, value: copyOf(value) } : { ...descriptor, ...OPEN })
  }
  return copy
}

const OPEN: PropertyDescriptor = { enumerable: true, configurable: true }

function faceAt(forge: object, path: string): object {
  return path.split('.').reduce<object>((face, name) => Reflect.get(face, name) as object, forge)
}

function define(face: object, name: string | symbol, value: () => unknown): void {
  Object.defineProperty(face, name, { value, enumerable: true, configurable: true })
}

function onlyThere(path: string, name: string, directory: string): ForgeError {
  const method = path === '' ? name : `${path}.${name}`
  const holder = StoreLock.holder(directory)
  const where = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`
  return new ForgeError('STORE_LOCKED', `${method} needs the store for itself, and ${where} has it open`)
}

/** A store of this process as one of another is used: what it answers at once can be awaited as well. */
export function ownForge(forge: OwnerHandle & { close(): Promise<void> }): ConnectedForge {
  const closed = Promise.withResolvers<void>()
  const close = async (): Promise<void> => {
    await forge.close()
    closed.resolve()
  }
  const members = new Map<PropertyKey, unknown>([
    ['close', close],
    ['closed', closed.promise],
    [Symbol.asyncDispose, close],
  ])
  const handle = new Proxy(forge, {
    has: (target, name) => members.has(name) || Reflect.has(target, name),
    get: (target, name) => {
      const member: unknown = members.get(name) ?? Reflect.get(target, name)
      // Methods of the store itself see its private members on nothing but the store.
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
  return handle as unknown as ConnectedForge
}
