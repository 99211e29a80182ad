/** Names that a shell and every language can read. */
export const ENVIRONMENT_NAME: RegExp = /^[A-Z_][A-Z0-9_]*$/

/** An `.env` text is read and written whole, in memory. */
export const ENVIRONMENT_BYTES_MAX: number = 1024 * 1024

/** A variable of an `.env` text. */
export interface EnvironmentEntry {
  readonly name: string
  readonly value: string
}
