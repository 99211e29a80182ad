/** Work that a facility does by itself, from time to time, while the store is open. */
export interface Job {
  /** Names it in health and figures, such as `retention of logs`. */
  readonly name: string
  /** From the end of one run to the beginning of the next. */
  readonly everyMs: number
  /** From opening to the first run; `everyMs` by default. A command that is done sooner does nothing of it. */
  readonly firstMs?: number | undefined
  /** Of a commit or two: it waits for no other. The others take turns, so that together they take no more than one of them would. */
  readonly isShort?: boolean | undefined
  /** Asked when its time has come: what is not due does not run, and counts as no run. */
  readonly isDue?: (() => boolean) | undefined
  /** Is given what brings the next run forward to now, for work that an event makes due. */
  readonly onSchedule?: ((runSoon: () => void) => void) | undefined
  /** @param signal ends it when the store closes: what was begun is left as a crash would leave it */
  run(signal: AbortSignal): Promise<unknown>
}
