// The options of one server, as `useWebSockets` was given them, and the settings that its connections share: one object
// for all with the same options, so that a connection holds a reference and no copy.

import { ZlibSlots } from '../compression/zlib-slots.ts';
import { zlibJobsAtOnce } from '../compression-options.ts';
import { type ConnectionSettings, resolveSettings } from '../options.ts';
import type { AcceptOptions, ServerOptions } from '../server-options.ts';
import { Shared } from './shared.ts';

export class ServerSettings {
  readonly options: ServerOptions;
  /** Shared by all connections of the server, like what follows. */
  readonly slots = new ZlibSlots(zlibJobsAtOnce);
  readonly shared = new Shared();
  /** What was resolved last: options of `acceptWebSocket` are written in place, but are nearly always the same. */
  #latest: ConnectionSettings;

  /** Throws `invalid-argument`. */
  constructor(options: ServerOptions) {
    this.options = Object.freeze({ ...options });
    this.#latest = resolveSettings(options);
  }

  /** Throws `invalid-argument`. */
  resolve(options: AcceptOptions): ConnectionSettings {
    const settings = resolveSettings(this.options, options);
    if (!areSame(settings, this.#latest)) this.#latest = settings;
    return this.#latest;
  }
}

function areSame(a: object | undefined, b: object | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return Object.entries(a).every(([name, value]) => {
    const other = (b as Record<string, unknown>)[name];
    return Object.is(value, other) || (isObject(value) && isObject(other) && areSame(value, other));
  });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
