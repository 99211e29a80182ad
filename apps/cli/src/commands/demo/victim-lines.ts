export const VICTIM_TOPIC = 'demo.killed'
export const VICTIM_BATCH_LINES = 200

/** Lines that tell their number, so that a missing or foreign one shows. */
export function victimLine(number: number): string {
  return `line ${number} of a process that is about to be killed`
}
