export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Where the library reports what it does. Fields hold codes, counts and places, never stored content. */
export interface Logger {
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, string | number | boolean>>): void
}

export const silentLogger: Logger = { log: () => undefined }
