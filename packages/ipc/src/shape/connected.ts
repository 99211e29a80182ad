type AnyFunction = (...args: never[]) => unknown

/** What crosses as plain data, though it is an object. */
type Plain =
  | Date
  | Uint8Array
  | Error
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | readonly unknown[]
  | Promise<unknown>

type FunctionNames<Value> = {
  [Name in keyof Value]: Value[Name] extends AnyFunction ? Name : never
}[keyof Value]

/** An object with methods of its own. */
type IsPart<Value> = Value extends object
  ? Value extends Plain | AnyFunction
    ? false
    : [FunctionNames<Value>] extends [never]
      ? false
      : true
  : false

/** Something that goes on living: it is closed. */
type Living = { close(): unknown }

/** Members whose answer is there at once in the process of the store. */
type SynchronousNames<Results> = {
  // Arguments are inferred, since a generator takes them as one of two lists.
  [Name in Exclude<keyof Results, symbol>]: Results[Name] extends (...args: infer _Args) => infer Given
    ? Given extends Promise<unknown> | AsyncIterable<unknown>
      ? never
      : Name
    : Name
}[Exclude<keyof Results, symbol>]

type ConnectedResults<Results> = {
  readonly [Name in keyof Results]: Name extends symbol
    ? Results[Name]
    : Results[Name] extends (...args: infer Args) => infer Given
      ? Given extends Promise<unknown> | AsyncIterable<unknown>
        ? Results[Name]
        : (...args: Args) => Promise<Given>
      : Promise<Results[Name]>
}

type ConnectedGiven<Given> = [Given] extends [Promise<infer Settled>]
  ? Promise<ConnectedSettled<Settled>>
  : [Given] extends [Living & AsyncIterable<unknown>]
    ? Promise<Connected<Given>>
    : [Given] extends [AsyncIterable<unknown>]
      ? ConnectedResults<Given>
      : Promise<ConnectedSettled<Given>>

type ConnectedSettled<Given> = [Given] extends [Living] ? Connected<Given> : Given

/** A method that is the same on both sides keeps its type, type parameters included. */
type ConnectedMethod<Method extends AnyFunction> =
  ReturnType<Method> extends AsyncIterable<unknown>
    ? ReturnType<Method> extends Living
      ? ChangedMethod<Method>
      : [SynchronousNames<ReturnType<Method>>] extends [never]
        ? Method
        : ChangedMethod<Method>
    : ReturnType<Method> extends Promise<infer Settled>
      ? [Settled] extends [Living]
        ? ChangedMethod<Method>
        : Method
      : ChangedMethod<Method>

type ChangedMethod<Method extends AnyFunction> = (
  ...args: Parameters<Method>
) => ConnectedGiven<ReturnType<Method>>

type ConnectedMember<Member> = Member extends AnyFunction
  ? ConnectedMethod<Member>
  : Member extends Promise<unknown>
    ? Member
    : IsPart<Member> extends true
      ? Connected<Member>
      : Promise<Member>

/**
 * A face as another process has it: what its methods give at once is a promise, but for iterables, which are iterables; what lives on
 * (it has `close`) is a promise of the like; its parts are the same, and its other properties promises.
 */
export type Connected<Face> = {
  readonly [Name in keyof Face]: Name extends symbol ? Face[Name] : ConnectedMember<Face[Name]>
}
