import { assert, ForgeError, isPromise, snapshotArguments } from '@forgeone/common'
import { actingAs } from '@forgeone/engine'
import type { AccessControl } from './access-control.ts'
import { callForPrincipal } from './error-for-principal.ts'
import { topicResource } from './resource-pattern.ts'
import { guardIterable } from './guard-iterable.ts'
import { guardSubscribe, type SubscribeCall, type SubscriptionGuard } from './guard-subscription.ts'
import type { MethodRule, MethodRules } from './permissions.ts'
import type { Action } from './roles.ts'

type Method = (...args: unknown[]) => unknown

export interface GuardOptions {
  readonly access: AccessControl
  readonly principal: string
  /** Throws when the token that made the handle no longer stands. */
  readonly assertLive: () => void
}

/** Puts a check before every method of an object. The result holds nothing of it but the methods. */
export class Guard {
  readonly #o: GuardOptions

  constructor(options: GuardOptions) {
    this.#o = options
  }

  /**
   * @param rules by method; a method without a rule, or of the owner's, is not there
   * @param more properties to add, guarded already
   */
  face<T extends object>(target: T, rules: MethodRules, more: object = {}): T {
    const face: Record<string, unknown> = Object.create(null)
    for (const [name, rule] of Object.entries(rules)) {
      if (rule.kind === 'owner') continue
      if (rule.kind === 'face') {
        face[name] = (...args: unknown[]) => this.#onFace(face, Reflect.get(target, name) as Method, args)
        continue
      }
      // Bound here, so that no face reaches its target.
      const call = this.#acting(bound(target, name))
      face[name] =
        rule.kind === 'entry'
          ? this.#entryMethod(name, rule, { call, get: this.#acting(bound(target, 'get')) })
          : this.#method(name, rule, (...args) => call(...this.#withIdentity(name, target, args)))
    }
    Object.assign(face, more)
    // The same methods with the same types; what is the owner's alone is absent, and calling it a TypeError.
    return Object.freeze(face) as T
  }

  /** What it calls is the face's own, and asked about there. */
  #onFace(face: object, method: Method, args: readonly unknown[]): unknown {
    this.#o.assertLive()
    return callForPrincipal(() => Reflect.apply(method, face, args))
  }

  #subscriptionGuard(authorize: () => void): SubscriptionGuard {
    const { access, principal } = this.#o
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
    const actor = this.#o.access.pseudonym(this.#o.principal)
    return (...args) => callForPrincipal(() => actingAs(actor, () => call(...args)))
  }

  #method(name: string, rule: MethodRule, call: Method): Method {
    if (rule.kind === 'bearer') {
      return (...args) => {
        this.#o.assertLive()
        return call(...args)
      }
    }
    assert(rule.kind === 'call', 'what is the owner’s is left out')
    return (...given) => {
      const args = this.#readArguments(given)
      const resources = [...new Set(rule.resources(args))]
      const authorize = (): void => {
        this.#o.assertLive()
        for (const resource of resources) this.#authorize(rule.action, resource)
      }
      authorize()
      const guard = this.#subscriptionGuard(authorize)
      // What the methods of this name are.
      if (name === 'subscribe') return guardSubscribe(call as SubscribeCall, args, guard)
      if (name === 'importFrom') this.#guardImport(args, { ...rule, authorize })
      return guardResult(call(...args), guard)
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
  #guardImport(
    args: unknown[],
    o: { readonly action: Action; readonly linesNameTopics?: true; readonly authorize: () => void },
  ): void {
    const [chunks, options] = args
    if (typeof chunks === 'function') {
      // What it gives is the method's to check.
      args[0] = () =>
        whileAllowed(Reflect.apply(chunks, undefined, []) as AsyncIterable<unknown>, o.authorize)
    } else if (typeof chunks === 'object' && chunks !== null && Symbol.asyncIterator in chunks) {
      // It has the method, so it is iterable; what it gives is the method's to check.
      args[0] = whileAllowed(chunks as AsyncIterable<unknown>, o.authorize)
    }
    if (o.linesNameTopics !== true) return
    args[1] = {
      ...(typeof options === 'object' ? options : {}),
      authorizeTopic: (topic: string) => {
        this.#o.assertLive()
        this.#authorize(o.action, topicResource('events', topic))
      },
    }
  }

  /** Finds first and asks then, since only the entry tells its topic; the answer for both kinds of nothing is the same. */
  #entryMethod(
    name: string,
    rule: Extract<MethodRule, { kind: 'entry' }>,
    o: { readonly call: Method; readonly get: Method },
  ): Method {
    return async (id) => {
      this.#o.assertLive()
      // Text only: what turns into text twice may turn into two ids.
      const found: unknown = typeof id === 'string' ? await o.get(id) : undefined
      const topic = typeof found === 'object' && found !== null ? Reflect.get(found, 'topic') : undefined
      const visible =
        typeof topic === 'string' && this.#isAllowed(rule.action, topicResource(rule.stream, topic))
      if (visible) return await o.call(id)
      if (name === 'has') return false
      if (name === 'get') return undefined
      throw new ForgeError('STREAM_ENTRY_UNKNOWN', 'no entry has this id')
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
    this.#o.access.authorize(this.#o.principal, { action, resource })
  }

  /** Calls that write who acts into their leaf are told. */
  #withIdentity(name: string, target: object, args: unknown[]): unknown[] {
    const takesBy = IDENTIFIED.get(name)
    if (takesBy === undefined || !(target === this.#o.access)) return args
    const options = args[takesBy]
    const whole = [...args]
    while (whole.length < takesBy) whole.push(undefined)
    whole[takesBy] = {
      ...(typeof options === 'object' && options !== null ? options : {}),
      by: this.#o.principal,
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
function guardResult(result: unknown, guard: SubscriptionGuard): unknown {
  if (isPromise(result)) {
    return result.then((settled: unknown) => guardResult(settled, guard))
  }
  const goesOn = typeof result === 'object' && result !== null && Symbol.asyncIterator in result
  return goesOn ? guardIterable(result, guard) : result
}

/** Position of the options that name who acts, in the methods of `AccessControl`. */
const IDENTIFIED: ReadonlyMap<string, number> = new Map([
  ['grant', 1],
  ['revoke', 1],
  ['setRoles', 2],
  ['createToken', 1],
  ['revokeToken', 1],
])
