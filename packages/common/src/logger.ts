import { callIsolated } from './call-isolated.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Where the library reports what it does. Fields hold codes, counts and places, never stored content. */
export interface Logger {
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, string | number | boolean>>): void
}

export const silentLogger: Logger = { log: () => undefined }

/** The same, but what it throws stops nothing: a store is not to fail because its log cannot be written. */
export function isolatedLogger(logger: Logger = silentLogger): Logger {
  return { log: (level, message, fields) => callIsolated(() => logger.log(level, message, fields)) }
}
