// What all connections of one endpoint share, put together once when a hub is mapped: options, dispatcher, lifetime
// manager, protocols, telemetry. The HTTP server and the test host (testing/) make one each.
import type { GroupManager } from './call.ts';
import { Dispatcher } from './dispatch/dispatcher.ts';
import type { AnyHubDefinition } from './hub.ts';
import type { HubFilter } from './hub-filter.ts';
import type { HubLifetimeManager } from './lifetime/lifetime-manager.ts';
import type { HubLogger } from './log.ts';
import type { HubOptions } from './options.ts';
import { jsonProtocol } from './protocol/json.ts';
import { createMessagePackProtocol } from './protocol/messagepack.ts';
import type { HubProtocol } from './protocol/protocol.ts';
import { HubTelemetry } from './telemetry/telemetry.ts';

export interface HubRuntime {
  readonly options: HubOptions;
  readonly dispatcher: Dispatcher;
  readonly lifetime: HubLifetimeManager;
  readonly groups: GroupManager;
  readonly protocols: readonly HubProtocol[];
  readonly telemetry: HubTelemetry;
  readonly log: HubLogger;
  /** Milliseconds of a steady clock. */
  readonly now: () => number;
}

export interface RuntimeParts {
  readonly hub: AnyHubDefinition;
  /** Resolved: all layers in one. */
  readonly options: HubOptions;
  /** The outermost first. */
  readonly filters: readonly HubFilter[];
  readonly lifetime: HubLifetimeManager;
  readonly log: HubLogger;
  readonly now: () => number;
}

/** Throws `invalid-hub`. */
export function createRuntime({ hub, options, filters, lifetime, log, now }: RuntimeParts): HubRuntime {
  const telemetry = new HubTelemetry(nameOf(hub));
  const { enableDetailedErrors, rateLimit } = options;
  const dispatcher = new Dispatcher(hub, { enableDetailedErrors, rateLimit, log, filters, telemetry, now });
  const protocols = [jsonProtocol, createMessagePackProtocol()].filter(({ name }) =>
    (options.supportedProtocols as readonly string[]).includes(name),
  );
  return Object.freeze({ options, dispatcher, lifetime, groups: groupsOf(lifetime), protocols, telemetry, log, now });
}

export const nameOf = (hub: AnyHubDefinition): string => hub.name ?? 'hub';

export function groupsOf(lifetime: HubLifetimeManager): GroupManager {
  return Object.freeze({
    add: (connectionId: string, groupName: string) => lifetime.addToGroup(connectionId, groupName),
    remove: (connectionId: string, groupName: string) => lifetime.removeFromGroup(connectionId, groupName),
  });
}
