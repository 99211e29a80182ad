import { ForgeError } from '@forgeone/common'
import { VALUE } from '../shape/shape.ts'
import { ValueEncoder } from '../value/value-encoder.ts'
import { FRAME } from '../wire/frame.ts'
import type { CallReferences } from './call-references.ts'
import { errorBody } from './error-body.ts'
import type { LiveFactory, LiveReferences } from './live-references.ts'
import { CallbackScope } from './tracked-promise.ts'

export interface CallbackRequest {
  /** Of the call whose function it is; undefined when that is over. */
  readonly references: CallReferences | undefined
  readonly path: unknown
  readonly args: unknown
  readonly taken: LiveReferences
  readonly make: LiveFactory
  readonly send: (kind: number, body: Uint8Array) => void
}

/** Calls a function of this side for the server, and sends what comes of it. */
export async function runCallback(request: CallbackRequest): Promise<void> {
  const { references, send } = request
  if (references === undefined) {
    const error = new ForgeError('STORE_CLOSED', 'the call is over')
    send(FRAME.CALLBACK_ERROR, errorBody({ thrownId: undefined, error }))
    return
  }
  try {
    const result = await call(request, references)
    send(FRAME.CALLBACK_RESULT, new ValueEncoder(references).add(result).finish())
  } catch (cause) {
    send(FRAME.CALLBACK_ERROR, references.thrownBody(cause))
  }
}

async function call(
  { path, args, taken, make }: CallbackRequest,
  references: CallReferences,
): Promise<unknown> {
  const callback = typeof path === 'string' ? references.callback(path) : undefined
  if (callback === undefined || typeof path !== 'string' || !Array.isArray(args))
    throw new ForgeError('IPC_PROTOCOL', 'the server called what was not given')
  const { gets, gives } = references.method.callbacks![path]!
  const scope = new CallbackScope()
  const given = args.map((each: unknown, place) =>
    taken.place(each, { shape: gets?.[place] ?? VALUE, make, callId: undefined, scope }),
  )
  taken.finish()
  const result = await callback(...given)
  await scope.settled()
  return gives === 'nothing' ? undefined : result
}
