/**
 * What a method gives. Both sides have the same description: it decides what may be called, and what crosses in which way.
 */
export type Shape = ValueShape | StreamShape | ObjectShape | ListShape

/** Plain data, as it is or converted. */
export interface ValueShape {
  readonly kind: 'value'
  /** For what is of a class. */
  readonly convert?: Conversion | undefined
}

export interface Conversion {
  /** Makes plain data of it, on the side that has it. Not asked about `undefined` and `null`. */
  readonly give: (value: never) => unknown
  /** Makes it again, on the other side. */
  readonly take: (plain: never) => unknown
}

/** An async iterable of plain data. It is asked for when it is first used, and anew each time, but for generators. */
export interface StreamShape {
  readonly kind: 'stream'
  readonly convert?: Conversion | undefined
  /** It is iterated once, has `next` itself, and is a generator at the client too. */
  readonly isGenerator?: boolean | undefined
  /** The method that gives the items in lists: they travel so, and the client has it as well. */
  readonly pages?: string | undefined
  /** The method that gives all items at once: the client gathers them. */
  readonly whole?: string | undefined
  /** Methods without arguments that say something of the iteration: their answers come with its end. */
  readonly figures?: readonly string[] | undefined
}

/** An object that stays at the server; the client has one with the same methods. */
export interface ObjectShape {
  readonly kind: 'object'
  readonly methods: Readonly<Record<string, MethodShape>>
  /** Objects with methods of their own that it has as properties. */
  readonly parts?: Readonly<Record<string, ObjectShape>> | undefined
  /** Plain properties that are told when the object is handed over. */
  readonly properties?: readonly string[] | undefined
  /** For those of them that are of a class. */
  readonly converts?: Readonly<Record<string, Conversion>> | undefined
  /** Those of them that are told again with each answer of a method. */
  readonly changing?: readonly string[] | undefined
  /** Properties that are asked for at each look, and promises at the client: `ready`, `size`. */
  readonly asked?: readonly string[] | undefined
  /** How the client iterates over it: a method that gives lists, with these arguments, until one is empty. */
  readonly iterates?: { readonly method: string; readonly args: readonly unknown[] } | undefined
  /** Methods after whose success the server needs it no more. The first is that of `Symbol.asyncDispose`. */
  readonly releasedBy?: readonly string[] | undefined
  /** Method that is called without arguments when the client is gone, or has forgotten the object, and has not released it. */
  readonly whenLost?: string | undefined
  /** Method that is called when the server says goodbye, so that calls that wait for more settle. */
  readonly whenClosing?: string | undefined
}

/** A list of such objects. */
export interface ListShape {
  readonly kind: 'list'
  readonly of: ObjectShape
}

export interface MethodShape {
  readonly gives: Shape
  /** Functions among the arguments, by place: `1`, or `0.handlerBatch` for a member. Others are refused. */
  readonly callbacks?: Readonly<Record<string, CallbackShape>> | undefined
  /** Arguments that are of a class, by place: made plain at the client, where their functions may be callbacks, and anew at the server. */
  readonly takes?: Readonly<Record<number, Conversion>> | undefined
  /**
   * Place of the options that take a `signal`. The server adds one that is aborted when the client wants no more or is gone, so that
   * a stream that waits for what comes ends at once.
   */
  readonly signalAt?: number | undefined
}

export interface CallbackShape {
  /** What it is called with; plain data where nothing is said. */
  readonly gets?: readonly Shape[] | undefined
  /**
   * - `value`: a promise of what the function gives, plain data.
   * - `stream`: an iterable at once, which is opened when it is iterated.
   * - `nothing`: it only hears of something; nobody waits for it. What it throws is thrown by the next call of it.
   */
  readonly gives: 'value' | 'stream' | 'nothing'
}

export const VALUE: ValueShape = { kind: 'value' }

/** A method that gives plain data, or a promise of it. */
export const VALUE_METHOD: MethodShape = { gives: VALUE }

/** The names, each with a method that gives plain data. */
export function valueMethods(...names: readonly string[]): Record<string, MethodShape> {
  return Object.fromEntries(names.map((name) => [name, VALUE_METHOD]))
}
