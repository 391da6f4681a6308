// The public face of @longhaul/websockets: everything that may be imported, and nothing else.
export { broadcast } from './endpoint/broadcast.ts';
export { connectWebSocket } from './endpoint/client.ts';
export { EncodedMessage, encodeMessage } from './endpoint/encoded-message.ts';
export {
  acceptWebSocket,
  checkWebSocketRequest,
  isWebSocketRequest,
  requestedSubprotocols,
  useWebSockets,
} from './endpoint/http1.ts';
export { type CloseInfo, type MessageData, type SendOptions, WebSocketConnection } from './endpoint/websocket.ts';
export {
  type BinaryType,
  createWebSocketClass,
  type WebSocketClass,
  type WebSocketClassOptions,
} from './endpoint/websocket-class.ts';
export {
  WebSocketError,
  type WebSocketErrorCode,
  type WebSocketErrorFacts,
  type WebSocketErrorFault,
  webSocketErrorTable,
} from './errors.ts';
export {
  type AcceptOptions,
  type ClientOptions,
  type ConnectionOptions,
  clientDefaults,
  defaults,
  type OutputPolicy,
  type ServerOptions,
  type TlsOptions,
} from './options.ts';
export type { BinaryMessage, Message, TextMessage } from './protocol/message-assembler.ts';
