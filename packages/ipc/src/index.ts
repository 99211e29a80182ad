export { serve, type IpcServer, type ServeOptions } from './server/serve.ts'
export type { ConnectionInfo } from './server/server-connection.ts'
export type { Authentication, HandshakeRefusal, Identity } from './handshake/server-handshake.ts'
export { connect, type ConnectOptions, type Connection } from './client/connect.ts'
export type { ConnectionEnd } from './client/client-connection.ts'
export type { Credentials } from './handshake/client-handshake.ts'
export { PROTOCOL_VERSION_MAX, PROTOCOL_VERSION_MIN } from './handshake/hello.ts'
export type { Connected } from './shape/connected.ts'
export {
  VALUE,
  VALUE_METHOD,
  valueMethods,
  type CallbackShape,
  type Conversion,
  type ListShape,
  type MethodShape,
  type ObjectShape,
  type Shape,
  type StreamShape,
  type ValueShape,
} from './shape/shape.ts'
export { socketPathFor, type SocketPlace } from './socket/socket-path.ts'
export {
  CALLBACKS_MAX,
  CALLS_IN_FLIGHT_MAX,
  CONNECTIONS_MAX,
  FRAME_BYTES_MAX,
  HANDSHAKE_MS,
  LIVE_OBJECTS_MAX,
  PING_MS,
  STREAMS_MAX,
  UNSENT_BYTES_MAX,
} from './limits.ts'
