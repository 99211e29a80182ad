import { isReadable, type MethodShape } from '@forgeone/common'
import type { Action } from './action.ts'

/** The action on every resource that the arguments of a call name. */
export interface CallRule {
  readonly kind: 'call'
  readonly action: Action
  readonly resources: (args: readonly unknown[]) => readonly string[]
  /** The first argument is input that is taken only while the right lasts; `lineResource`: each line may name a place of its own. */
  readonly input?: { readonly lineResource?: ((topic: string) => string) | undefined } | undefined
  /** What it gives is a subscription, which ends with the right. */
  readonly gives?: 'subscription' | undefined
  /** Position of the options that are told who acts, by the member `by`. */
  readonly toldAt?: number | undefined
}

/** What a method needs before it runs, and how it is called from other processes. */
export type MethodRule = Need & {
  /** What crosses to another process; plain data when absent. `here`: only the process that has the store open can call it. */
  readonly crosses?: MethodShape | 'here' | undefined
}

type Need =
  | CallRule
  /** Finds one entry by its id; what may not be read looks as if it were not there. */
  | {
      readonly kind: 'entry'
      readonly action: Action
      readonly resourceOf: (entry: object) => string | undefined
      /** What the method gives, or throws, for an id that there is not. */
      readonly absent: () => unknown
    }
  /** Uses other methods of the same face, each of which is asked about. */
  | { readonly kind: 'face' }
  /** Whoever has the secret may: what it gives is in its argument. */
  | { readonly kind: 'bearer' }
  /** Only the owner, who holds the store itself. */
  | { readonly kind: 'owner' }

type MethodNames<Face> = {
  [Name in keyof Face]: Face[Name] extends (...args: never[]) => unknown ? Name : never
}[keyof Face] &
  string

/** What is no plain data must say how it crosses: principals and other processes would have an object that nobody is asked about. */
type RuleOf<Method> = Method extends (...args: never[]) => infer Given
  ? [HasMethods<Awaited<Given>>] extends [true]
    ? MethodRule & { readonly crosses: MethodShape | 'here' }
    : MethodRule
  : never

type HasMethods<Given> = Given extends
  | readonly unknown[]
  | Uint8Array
  | Date
  | Error
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  ? false
  : Given extends AsyncIterable<unknown>
    ? true
    : Given extends object
      ? [
          {
            [Name in keyof Given]-?: Given[Name] extends (...args: never[]) => unknown ? Name : never
          }[keyof Given],
        ] extends [never]
        ? false
        : true
      : false

/** A rule for each public method of a face: a missing or surplus one does not compile. */
export type RulesOf<Face> = { readonly [Name in MethodNames<Face>]: RuleOf<Face[Name]> }

/** The rules of a face, and of the objects with methods of their own that it has as properties. */
export interface FaceRules<Face> {
  readonly methods: RulesOf<Face>
  /** Properties that the owner can ask for from another process, where they are promises. */
  readonly properties?: readonly string[] | undefined
  readonly parts?: { readonly [Part in keyof Face]?: FaceRules<Face[Part]> } | undefined
}

/** The objects with methods of their own that a face has, by property. */
export function partsOf({ parts }: FaceRules<object>): readonly (readonly [string, FaceRules<object>])[] {
  return Object.entries<FaceRules<object>>((parts ?? {}) as Record<string, FaceRules<object>>)
}

/** Only the owner, also from another process where he has shown the secret. */
export const OWNER_RULE: MethodRule = { kind: 'owner' }

/** Only the owner, in the process that has the store open: what it takes or gives is code, or ends what others use. */
export const HERE_RULE: MethodRule & { readonly crosses: 'here' } = { kind: 'owner', crosses: 'here' }

/** The action on resources that do not depend on the arguments. */
export function onResources(action: Action, ...resources: readonly string[]): CallRule {
  return { kind: 'call', action, resources: () => resources }
}

/** The action on what an argument names, one or several, below a prefix. */
export function onNamed(action: Action, prefix: string, position = 0): CallRule {
  return {
    kind: 'call',
    action,
    resources: (args) => listed(args[position]).map((name) => `${prefix}/${name}`),
  }
}

/** A member of an options object, when it is text. */
export function textMember(value: unknown, name: string): string | undefined {
  // An object of a class may show another name at each look: it names nothing.
  const found =
    typeof value === 'object' && value !== null && isReadable(value) ? Reflect.get(value, name) : undefined
  return typeof found === 'string' ? found : undefined
}

/** A name as one segment of a resource, which stands for nothing but itself. */
export function resourceSegment(name: string): string {
  const escaped = name.replaceAll('%', '%25').replaceAll('/', '%2F')
  return escaped === '*' || escaped === '**' ? escaped.replaceAll('*', '%2A') : escaped
}

function listed(value: unknown): readonly string[] {
  // A list of nothing names nothing; asking for nothing must not be less than asking for something.
  if (Array.isArray(value) && value.length > 0) return value.map(nameOf)
  return [nameOf(value)]
}

/** What is no text names nothing: only who may use all of them may try. */
function nameOf(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : '**'
}
