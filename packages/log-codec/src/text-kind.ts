/** What the text of a row is: a log message, an event's JSON as RFC 8785 text, or an event's bytes. */
export type TextKind = 'message' | 'json' | 'bytes'
