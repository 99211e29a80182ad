import { valueMethods, type Conversion, type MethodShape, type ObjectShape } from '@forgeone/common'
import { CROSSING_RECEIPT, type Receipt } from '@forgeone/streams'
import type { TransactionResult } from './transaction.ts'

const part = (...names: readonly string[]): ObjectShape => ({
  kind: 'object',
  methods: valueMethods(...names),
})

const TRANSACTION: ObjectShape = {
  kind: 'object',
  methods: valueMethods('ack'),
  parts: {
    logs: part('append'),
    events: part('append'),
    settings: part('set'),
    flags: part('set'),
    vault: part('set'),
  },
}

/** Its receipts cross as those of appends do. */
const CROSSING_RESULT: Conversion = {
  give: (result: TransactionResult) => withReceipts(result, 'give'),
  take: (result: TransactionResult) => withReceipts(result, 'take'),
}

function withReceipts(result: TransactionResult, how: keyof Conversion): TransactionResult {
  const convert = (receipt: Receipt): Receipt => CROSSING_RECEIPT[how](receipt as never) as Receipt
  const { logs, events, ...others } = result
  return {
    ...others,
    ...(logs === undefined ? undefined : { logs: convert(logs) }),
    ...(events === undefined ? undefined : { events: convert(events) }),
  }
}

/** The callback runs where it is, and gets the transaction of the process that has the store open. */
export const TRANSACTION_SHAPE: MethodShape = {
  gives: { kind: 'value', convert: CROSSING_RESULT },
  callbacks: { '0': { gets: [TRANSACTION], gives: 'value' } },
}
