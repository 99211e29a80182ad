/** The first byte of each value in a message. Fixed by version 1 of the protocol: docs/ipc-protocol.md. */
export const TAG = {
  UNDEFINED: 0,
  NULL: 1,
  FALSE: 2,
  TRUE: 3,
  /** A whole number from 0, as a varint of at most 31 bits. */
  COUNT: 4,
  /** Its complement, for whole numbers below 0. */
  NEGATIVE: 5,
  FLOAT: 6,
  TEXT: 7,
  BYTES: 8,
  DATE: 9,
  BIGINT: 10,
  LIST: 11,
  /** An object with its names. The first of a message are remembered with theirs. */
  NAMED: 12,
  /** An object with the names of an earlier one. */
  SHAPED: 13,
  MAP: 14,
  SET: 15,
  ERROR: 16,
  REFERENCE: 17,
} as const

/** What a reference stands for. */
export const REFERENCE = {
  /** A function among the arguments of a call, by its place. */
  CALLBACK: 0,
  SIGNAL: 1,
  /** An iterable among the arguments, or that a callback gives. */
  STREAM: 2,
  /** An object that lives at the server, by its id. */
  OBJECT: 3,
  /** What a callback threw, which its side still has. */
  THROWN: 4,
  /** Why a signal was aborted: its side still has it. */
  REASON: 5,
} as const

/** How an error is told apart from others. */
export const ERROR_KIND = { FORGE: 0, NATIVE: 1, DOM: 2, OTHER: 3 } as const

/** Lists of names that a message remembers; objects beyond bring theirs along each time. */
export const SHAPES_MAX = 1024
/** In front of the two parts of a message: how its text is written, and how long the first part is. */
export const MESSAGE_HEAD_BYTES = 5
export const TEXT_ASCII = 0
export const TEXT_UTF16 = 1
