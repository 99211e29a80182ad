/** Kinds of frames. Fixed by version 1 of the protocol: docs/ipc-protocol.md. */
export const FRAME = {
  /** Client: calls a method or reads a property. */
  CALL: 1,
  /** What a call or a callback gave, or that it failed. */
  RESULT: 2,
  ERROR: 3,
  /** A page of a stream. */
  ITEMS: 4,
  /** A stream has ended. */
  END: 5,
  /** Whoever reads a stream wants no more of it. */
  STOP: 6,
  /** So many bytes of a stream were taken. */
  CREDIT: 7,
  /** Client: a signal among the arguments of a call was aborted. */
  ABORT: 8,
  /** Server: calls a function among the arguments of a call. */
  CALLBACK: 9,
  CALLBACK_RESULT: 10,
  CALLBACK_ERROR: 11,
  /** Server: reads a stream among the arguments of a call, or that a callback gave. */
  PULL: 12,
  /** Client: has forgotten an object of the server. */
  RELEASE: 13,
  /** Server: takes no further calls. */
  GOODBYE: 14,
  PING: 15,
  PONG: 16,
  /** As STOP, CREDIT, ITEMS, END and ERROR for streams that the server reads. */
  PULL_STOP: 17,
  PULL_CREDIT: 18,
  PULLED_ITEMS: 19,
  PULLED_END: 20,
  PULLED_ERROR: 21,
} as const

/** length of the body u32 | kind u8 | id u32 | body */
export const FRAME_HEAD_BYTES = 9
/** length of the frames u32 | code of authentication 16 | frames */
export const RECORD_HEAD_BYTES = 20
export const RECORD_CODE_BYTES = 16
