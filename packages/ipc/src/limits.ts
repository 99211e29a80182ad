const KIB = 1024
const MIB = 1024 * KIB

/** Processes at once, those that are still shaking hands included: each costs a socket and some buffers. */
export const CONNECTIONS_MAX = 256
/** Of one connection: what waits for a journal is much less, and further calls wait at the client. */
export const CALLS_IN_FLIGHT_MAX = 1024
/** Arguments of the calls in flight of one connection, together: they are held until their call has settled. */
export const CALL_BYTES_MAX: number = 64 * MIB
/** Calls that wait at the client for those before them, as many commits as may wait for a journal. */
export const CALLS_WAITING_MAX = 100_000
/** One value; larger ones go as streams. It is what a transaction may hold. */
export const FRAME_BYTES_MAX: number = 16 * MIB
/** What a client has asked for and did not read yet. Beyond, nothing more is heard of it until it has. */
export const UNSENT_BYTES_MAX: number = 8 * MIB
/** Who reads nothing for so long then is cut off, */
export const SLOW_CLIENT_MS = 5000
/** and at once where the calls that were under way bring so much: as much as their arguments may have. */
export const UNSENT_BYTES_END: number = 64 * MIB
/** Pages of streams wait while so much is unsent: of many streams each may have its window. */
export const CONGESTED_BYTES: number = MIB
/** Functions, signals, streams and live objects among the arguments of one call: those of an `ackAll` are the most. */
export const REFERENCES_MAX = 65_536
/** Lists and objects in a value: each takes many times the memory of its two bytes in a message. */
export const CONTAINERS_MAX = 1_000_000
/** Streams that one connection reads or gives at once. */
export const STREAMS_MAX = 4096
/** Objects of the server that one client holds: a few subscriptions, and as many deliveries as one of them has out. */
export const LIVE_OBJECTS_MAX = 65_536
/** Callbacks of one connection that were asked and have not answered. */
export const CALLBACKS_MAX = 4096
/** From connecting until both sides know each other. */
export const HANDSHAKE_MS = 5000
/** What is sent in a handshake before it has succeeded, by either side. */
export const HANDSHAKE_BYTES_MAX: number = 4 * KIB
/** A side that was silent so long is asked whether it is there. */
export const PING_MS = 15_000
/** Silent for so many of them, it is taken for gone. */
export const PINGS_UNANSWERED_MAX = 3
/** Wrong proofs and tokens that are answered in a second, over all connections. */
export const FAILURES_A_SECOND = 5
/** Items of a stream go together up to this size. */
export const PAGE_BYTES: number = 64 * KIB
/**
 * A stream goes on while less than this is on its way. A reader that stands still then holds 256 KiB: this, the page that went
 * last, the page that is full and waits, and an item of each.
 */
export const STREAM_WINDOW_BYTES: number = 112 * KIB
/** Levels of lists and objects in each other: twice what JSON of a store may have. */
export const VALUE_DEPTH_MAX = 64
/** What is written to the socket at once; one frame may be larger. */
export const RECORD_BYTES_TARGET: number = 256 * KIB
