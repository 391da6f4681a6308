// Facts about a hub server on node:diagnostics_channel, for whoever subscribes. Nothing is built while nobody does.
import { type Channel, channel } from 'node:diagnostics_channel';
import type { ConnectionEnd } from '../connection/end.ts';

export interface ConnectionFacts {
  readonly hub: string;
  readonly connectionId: string;
  readonly userIdentifier: string | undefined;
  readonly transport: string;
}

export interface CallFacts {
  readonly hub: string;
  readonly method: string;
  readonly connectionId: string;
  /** Missing: the client waits for no answer. */
  readonly invocationId: string | undefined;
  readonly isStream: boolean;
}

/** What is published, by the name of the channel. */
export interface HubFacts {
  'longhaul.hubs.connection.opened': ConnectionFacts;
  'longhaul.hubs.connection.closed': ConnectionFacts & {
    readonly end: ConnectionEnd['kind'];
    readonly durationMs: number;
  };
  'longhaul.hubs.call.started': CallFacts;
  /** `error`: what was thrown, or the text that the client reads. */
  'longhaul.hubs.call.ended': CallFacts & { readonly error: unknown; readonly durationMs: number };
  /** A message that waited for a slow client and was taken out of its queue. */
  'longhaul.hubs.message.dropped': { readonly hub: string; readonly connectionId: string };
  /** A message that the rate limit did not let through. */
  'longhaul.hubs.message.limited': { readonly hub: string; readonly connectionId: string; readonly type: string };
}

const channels = Object.freeze({
  'longhaul.hubs.connection.opened': channel('longhaul.hubs.connection.opened'),
  'longhaul.hubs.connection.closed': channel('longhaul.hubs.connection.closed'),
  'longhaul.hubs.call.started': channel('longhaul.hubs.call.started'),
  'longhaul.hubs.call.ended': channel('longhaul.hubs.call.ended'),
  'longhaul.hubs.message.dropped': channel('longhaul.hubs.message.dropped'),
  'longhaul.hubs.message.limited': channel('longhaul.hubs.message.limited'),
}) satisfies Readonly<Record<keyof HubFacts, Channel>>;

export const hasListeners = (name: keyof HubFacts): boolean => channels[name].hasSubscribers;

export function publish<Name extends keyof HubFacts>(name: Name, facts: () => HubFacts[Name]): void {
  if (channels[name].hasSubscribers) channels[name].publish(facts());
}
