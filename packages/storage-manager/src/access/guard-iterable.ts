import { RECHECK_MS, type AccessControl } from './access-control.ts'
import { callForPrincipal } from './error-for-principal.ts'

/**
 * An iterable result that asks again whether it may go on: when rights have changed, and every second.
 * It has the methods of results, and nothing else of them.
 */
export function guardIterable(
  result: object,
  { access, authorize }: { readonly access: AccessControl; readonly authorize: () => void },
): object {
  const guarded = async function* (start: () => AsyncIterable<unknown>): AsyncGenerator<unknown> {
    // The result may be older than the change of a right.
    authorize()
    let changed = false
    let checkedMs = performance.now()
    const end = access.onChange(() => (changed = true))
    const items = callForPrincipal(start)[Symbol.asyncIterator]()
    let ended = false
    try {
      for (;;) {
        const step = await callForPrincipal(() => items.next())
        ended = step.done === true
        if (changed || performance.now() - checkedMs > RECHECK_MS) {
          authorize()
          changed = false
          checkedMs = performance.now()
        }
        // What a query returns at its end says what it looked through.
        if (step.done === true) return step.value
        yield step.value
      }
    } finally {
      end()
      if (!ended) await items.return?.()
    }
  }
  const face: Record<PropertyKey, unknown> = Object.create(null)
  // Whatever iterates has this method; the others are those of results.
  face[Symbol.asyncIterator] = () => guarded(() => result as AsyncIterable<unknown>)
  for (const name of ['batches', 'toArray', 'explain'] as const) {
    const method: unknown = Reflect.get(result, name)
    if (typeof method !== 'function') continue
    const call = (): unknown => callForPrincipal(() => Reflect.apply(method, result, []) as unknown)
    face[name] =
      name === 'batches'
        ? () => guarded(() => call() as AsyncIterable<unknown>)
        : () => whole(call, authorize)
  }
  return Object.freeze(face)
}

/** All at once: asked before, and again before it is handed out, since gathering it takes its time. */
async function whole(call: () => unknown, authorize: () => void): Promise<unknown> {
  authorize()
  const gathered: unknown = await call()
  authorize()
  return gathered
}
