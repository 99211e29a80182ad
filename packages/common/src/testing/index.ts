export { ODD_VALUES, oddCallFault, type OddValue } from './odd-values.ts'
export { ManualTimer } from './manual-timer.ts'
