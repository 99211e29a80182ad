import { assert, ForgeError, isPromise, snapshotArguments } from '@forgeone/common'
import {
  actingAs,
  partsOf,
  type Action,
  type CallRule,
  type FaceRules,
  type MethodRule,
} from '@forgeone/engine'
import type { AccessControl } from './access-control.ts'
import { callForPrincipal } from './error-for-principal.ts'
import { hasMethods } from './has-methods.ts'
import { guardIterable } from './guard-iterable.ts'
import { guardSubscribe, type SubscribeCall, type SubscriptionGuard } from './guard-subscription.ts'

type Method = (...args: unknown[]) => unknown

export interface GuardOptions {
  readonly access: AccessControl
  readonly principal: string
  /** Throws when the token that made the handle no longer stands. */
  readonly assertLive: () => void
}

/** Puts a check before every method of an object. The result holds nothing of it but the methods. */
export class Guard {
  readonly #options: GuardOptions

  constructor(options: GuardOptions) {
    this.#options = options
  }

  /**
   * @param rules by method; a method without a rule, or of the owner's, is not there
   * @param more properties to add, guarded already
   */
  face(target: object, rules: FaceRules<object>, more: object = {}): object {
    const face: Record<string, unknown> = Object.create(null)
    for (const [name, rule] of Object.entries<MethodRule>(rules.methods)) {
      if (rule.kind === 'owner') continue
      if (rule.kind === 'face') {
        face[name] = (...args: unknown[]) => this.#onFace(face, Reflect.get(target, name) as Method, args)
        continue
      }
      // Bound here, so that no face reaches its target.
      const call = this.#acting(bound(target, name))
      face[name] =
        rule.kind === 'entry'
          ? this.#entryMethod(rule, { call, get: this.#acting(bound(target, 'get')) })
          : this.#method(rule, call)
    }
    for (const [name, own] of partsOf(rules)) face[name] = this.face(Reflect.get(target, name) as object, own)
    Object.assign(face, more)
    // The same methods; what is the owner's alone is absent, and calling it a TypeError.
    return Object.freeze(face)
  }

  /** What it calls is the face's own, and asked about there. */
  #onFace(face: object, method: Method, args: readonly unknown[]): unknown {
    this.#options.assertLive()
    return callForPrincipal(() => Reflect.apply(method, face, args))
  }

  #subscriptionGuard(authorize: () => void): SubscriptionGuard {
    const { access, principal } = this.#options
    const actor = access.pseudonym(principal)
    return {
      access,
      authorize,
      authorizeAppend: (resource) => this.#authorize('data.write', resource),
      acting: (call) => actingAs(actor, call),
    }
  }

  /** Whatever the call commits, now or in its iterators and subscriptions, names the principal; its errors name nobody else. */
  #acting(call: Method): Method {
    const actor = this.#options.access.pseudonym(this.#options.principal)
    return (...args) => callForPrincipal(() => actingAs(actor, () => call(...args)))
  }

  #method(rule: MethodRule, call: Method): Method {
    if (rule.kind === 'bearer') {
      return (...args) => {
        this.#options.assertLive()
        return call(...args)
      }
    }
    assert(rule.kind === 'call', 'what is the owner’s is left out')
    return (...given) => {
      const args = this.#readArguments(given)
      const resources = [...new Set(rule.resources(args))]
      const authorize = (): void => {
        this.#options.assertLive()
        for (const resource of resources) this.#authorize(rule.action, resource)
      }
      authorize()
      const guard = this.#subscriptionGuard(authorize)
      if (rule.gives === 'subscription') return guardSubscribe(call as SubscribeCall, args, guard)
      if (rule.input !== undefined) this.#guardInput(args, { rule, authorize })
      return guardResult(call(...this.#withIdentity(rule, args)), { ...guard, crosses: rule.crosses })
    }
  }

  /** Reading them may throw: they come from elsewhere. @throws ACCESS_DENIED */
  #readArguments(given: readonly unknown[]): unknown[] {
    try {
      return snapshotArguments(given)
    } catch (cause) {
      throw new ForgeError('ACCESS_DENIED', 'what is asked for cannot be read', { cause })
    }
  }

  /** Each line of an import may name a topic of its own, and the right may end before the import does. */
  #guardInput(
    args: unknown[],
    { rule, authorize }: { readonly rule: CallRule; readonly authorize: () => void },
  ): void {
    const [chunks, options] = args
    if (typeof chunks === 'function') {
      // What it gives is the method's to check.
      args[0] = () => whileAllowed(Reflect.apply(chunks, undefined, []) as AsyncIterable<unknown>, authorize)
    } else if (typeof chunks === 'object' && chunks !== null && Symbol.asyncIterator in chunks) {
      // It has the method, so it is iterable; what it gives is the method's to check.
      args[0] = whileAllowed(chunks as AsyncIterable<unknown>, authorize)
    }
    const lineResource = rule.input?.lineResource
    if (lineResource === undefined) return
    args[1] = {
      ...(typeof options === 'object' ? options : {}),
      authorizeTopic: (topic: string) => {
        this.#options.assertLive()
        this.#authorize(rule.action, lineResource(topic))
      },
    }
  }

  /** Finds first and asks then, since only the entry tells its topic; the answer for both kinds of nothing is the same. */
  #entryMethod(
    rule: Extract<MethodRule, { kind: 'entry' }>,
    o: { readonly call: Method; readonly get: Method },
  ): Method {
    return async (id) => {
      this.#options.assertLive()
      // Text only: what turns into text twice may turn into two ids.
      const found: unknown = typeof id === 'string' ? await o.get(id) : undefined
      const resource = typeof found === 'object' && found !== null ? rule.resourceOf(found) : undefined
      const isVisible = resource !== undefined && this.#isAllowed(rule.action, resource)
      return isVisible ? await o.call(id) : rule.absent()
    }
  }

  #isAllowed(action: Action, resource: string): boolean {
    try {
      this.#authorize(action, resource)
      return true
    } catch (error) {
      if (error instanceof ForgeError && error.code === 'ACCESS_DENIED') return false
      throw error
    }
  }

  #authorize(action: Action, resource: string): void {
    this.#options.access.authorize(this.#options.principal, { action, resource })
  }

  /** Calls that write who acts into their leaf are told. */
  #withIdentity({ toldAt }: CallRule, args: unknown[]): unknown[] {
    if (toldAt === undefined) return args
    const options = args[toldAt]
    const whole = [...args]
    while (whole.length < toldAt) whole.push(undefined)
    whole[toldAt] = {
      ...(typeof options === 'object' && options !== null ? options : {}),
      by: this.#options.principal,
    }
    return whole
  }
}

function bound(target: object, name: string): Method {
  const method: unknown = Reflect.get(target, name)
  assert(typeof method === 'function', `${name} is a method`)
  return (...args) => Reflect.apply(method, target, args)
}

/** Input that is taken only while the right lasts. */
async function* whileAllowed(input: AsyncIterable<unknown>, authorize: () => void): AsyncGenerator<unknown> {
  for await (const each of input) {
    authorize()
    yield each
  }
}

/** A result that goes on giving is asked about again whenever rights have changed, also one that comes later. */
function guardResult(result: unknown, guard: SubscriptionGuard & Pick<MethodRule, 'crosses'>): unknown {
  if (isPromise(result)) {
    return result.then((settled: unknown) => guardResult(settled, guard))
  }
  if (typeof result !== 'object' || result === null) return result
  if (Symbol.asyncIterator in result) return guardIterable(result, guard)
  // Its methods would be asked about by nobody. What is made of plain data anew has none that reach the store.
  assert(
    isConverted(guard.crosses) || !hasMethods(result),
    'a method gives a principal no object with methods',
  )
  return result
}

function isConverted(crosses: MethodRule['crosses']): boolean {
  return typeof crosses === 'object' && crosses.gives.kind === 'value' && crosses.gives.convert !== undefined
}
