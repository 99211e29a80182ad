import { ArgumentCheck, isForgeError } from '@forgeone/common'
import type { Store } from '@forgeone/engine'
import { CollectedTransaction, type Outcomes, type TransactionFaces } from './collect-transaction.ts'
import type { Transaction, TransactionResult } from './transaction.ts'

const check = new ArgumentCheck('TRANSACTION_INVALID')

/** @throws what the callback throws, and the error of the first call that was refused; nothing is written then */
export async function runTransaction(
  { jointly, faces }: { readonly jointly: Store['jointly']; readonly faces: TransactionFaces },
  callback: (transaction: Transaction) => unknown,
): Promise<TransactionResult> {
  check.callback(callback, 'the callback')
  const transaction = new CollectedTransaction()
  const outcomes: Outcomes = { settings: [], secrets: [] }
  try {
    await callback(transaction)
  } finally {
    transaction.end()
  }
  const settled = await jointly(transaction.calls.map((call) => () => call(faces, outcomes)))
  const refusals = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []))
  if (refusals.length === 0) return outcomes
  // The others say only that one was refused.
  throw refusals.find((reason) => !isForgeError(reason, 'COMMIT_ABANDONED')) ?? refusals[0]
}
