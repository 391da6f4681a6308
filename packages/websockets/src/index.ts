// The public face of @longhaul/websockets: everything that may be imported, and nothing else.
export { type ClientOptions, clientDefaults, type ProxyOptions, type TlsOptions } from './client-options.ts';
export { type CompressionOptions, compressionDefaults } from './compression-options.ts';
export {
  acceptWebSocket,
  checkWebSocketRequest,
  isWebSocketRequest,
  requestedSubprotocols,
} from './endpoint/accept.ts';
export { broadcast } from './endpoint/broadcast.ts';
export { connectWebSocket } from './endpoint/client.ts';
export { EncodedMessage, encodeMessage, type MessageData } from './endpoint/encoded-message.ts';
export { handleWebSocket } from './endpoint/handlers.ts';
export { type NodeStreamOptions, toNodeStream } from './endpoint/node-stream.ts';
export type { AnyRequest, AnyResponse } from './endpoint/opening.ts';
export { proxyFromEnvironment } from './endpoint/proxy-environment.ts';
export { useWebSockets, type WebSocketServer } from './endpoint/server.ts';
export { toWebStreams, type WebStreams } from './endpoint/web-streams.ts';
export { type CloseInfo, type SendOptions, WebSocketConnection } from './endpoint/websocket.ts';
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
  type ConnectionOptions,
  defaults,
  type OutputPolicy,
} from './options.ts';
export type { BinaryMessage, Message, MessageFragment, TextMessage } from './protocol/message-parts.ts';
export { type AcceptOptions, type ServerOptions, serverDefaults } from './server-options.ts';
