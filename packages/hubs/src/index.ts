// The public face of @longhaul/hubs.
export type { GroupManager, HubCall } from './call.ts';
export type { HubCallerClients, HubClients, InvokeProxy, SendProxy, SingleClient } from './clients/clients.ts';
export type { InvokeOptions } from './clients/invoke-within.ts';
export type { ConnectionRequest } from './connection-request.ts';
export type { RateLimit } from './dispatch/rate-gate.ts';
export type { DrainOptions } from './drain.ts';
export {
  type Allowed,
  type AuthenticationRefreshContext,
  type Authorization,
  type AuthorizationContext,
  type EndpointOptions,
  endpointDefaults,
  type HubRequest,
  type LongPollingOptions,
  longPollingDefaults,
  type NegotiateContext,
  type NegotiateRedirect,
  type Refused,
  type TransportName,
  type WebSocketTransportOptions,
  webSocketDefaults,
} from './endpoint-options.ts';
export { HubServerError, type HubServerErrorCode, type HubServerErrorFacts, hubErrorTable } from './errors.ts';
export {
  type AnyClient,
  defineHub,
  type HubDefinition,
  type HubFunction,
  HubMethod,
  type HubMethods,
  type HubPolicy,
  type HubUser,
  type MethodOptions,
  method,
} from './hub.ts';
export { HubError, type ParsedHubError, parseHubError } from './hub-error.ts';
export type { HubFilter, HubInvocation } from './hub-filter.ts';
export type { HubLifetimeManager, LifetimeConnection, LifetimeManagerFactory } from './lifetime/lifetime-manager.ts';
export { MemoryLifetimeManager } from './lifetime/memory-lifetime-manager.ts';
export type { HubLogger } from './log.ts';
export {
  defaults,
  type HubOptions,
  type HubProtocolName,
  type HubServerOptions,
  type SlowConsumerPolicy,
  serverDefaults,
} from './options.ts';
export type { HubPresence, PresenceFact, PresenceMember } from './presence/presence.ts';
export type { HubMessage } from './protocol/messages.ts';
export { OutgoingMessage } from './protocol/outgoing-message.ts';
export { createHubServer, type HubContext, type HubServer } from './server.ts';
export type { StandardIssue, StandardResult, StandardSchema } from './standard-schema.ts';
export type { CallFacts, ConnectionFacts, HubFacts } from './telemetry/channels.ts';
export { type TypedConnection, typedConnection } from './typed-connection.ts';
