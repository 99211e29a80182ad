import { ArgumentCheck, VALUE, type MethodShape } from '@forgeone/common'
import type { ResealOptions, VerifyOptions } from '@forgeone/engine'

const check = new ArgumentCheck('STORE_OPTION_INVALID')

/** @throws STORE_OPTION_INVALID */
export function checkedVerify(given: VerifyOptions | undefined): VerifyOptions {
  const { signal, onProgress } = check.options(given, ['signal', 'onProgress'])
  return {
    signal: check.signal(signal),
    onProgress: checkedProgress<VerifyOptions['onProgress']>(onProgress),
  }
}

/** @throws STORE_OPTION_INVALID */
export function checkedReseal(given: ResealOptions | undefined): ResealOptions {
  const { signal, onProgress, pace, actor } = check.options(given, ['signal', 'onProgress', 'pace', 'actor'])
  return {
    signal: check.signal(signal),
    onProgress: checkedProgress<ResealOptions['onProgress']>(onProgress),
    pace: pace === undefined ? undefined : check.oneOf(pace, ['gentle', 'full'], 'pace'),
    actor: actor === undefined ? undefined : check.text(actor, 'actor', { min: 1, max: 64 }),
  }
}

function checkedProgress<Callback>(given: unknown): Callback {
  if (given !== undefined) check.callback(given as () => void, 'onProgress')
  // Whatever the function takes: it is its owner who knows.
  return given as Callback
}

/** How work crosses whose first argument is options with a signal and a listener to progress. */
export const RUN: MethodShape = {
  gives: VALUE,
  callbacks: { '0.onProgress': { gives: 'nothing' } },
  signalAt: 0,
}
