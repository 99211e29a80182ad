/** What a call does with the name it gives. Fixed by version 1 of the protocol. */
export const USE = {
  /** Calls the method; what is a stream is iterated. */
  CALL: 0,
  /** Reads the property. */
  PROPERTY: 1,
  /** Calls the method, and of the stream that it gives a method that says something of it. */
  FIGURE: 2,
} as const
