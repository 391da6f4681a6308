// Hosts that work and take no further run: their app has other code now, or a host that does better. They finish what they have.
import type { TaskManifest } from './entry-point.ts';
import { placeOf } from './entry-point.ts';
import type { Hosts, SeatedHost } from './hosts.ts';

/** As far as its code goes. */
export interface CodeOfRun {
  readonly app: string;
  readonly entryPoint: string;
}

export interface RenewalOptions {
  readonly hosts: Pick<Hosts, 'of' | 'retire' | 'idle'>;
  readonly isBusy: (host: SeatedHost) => boolean;
  readonly manifestOf: (app: string) => TaskManifest | undefined;
}

export class Renewal {
  readonly #options: RenewalOptions;

  constructor(options: RenewalOptions) {
    this.#options = options;
  }

  retire(host: SeatedHost): void {
    const { hosts, isBusy } = this.#options;
    hosts.retire(host);
    if (!isBusy(host)) hosts.idle(host);
  }

  /** All hosts of an app: the next one starts with the code as it is then. */
  renew(app: string): void {
    for (const host of this.#options.hosts.of(app)) this.retire(host);
  }

  /** Whether the host has what the run names as it is now. One that has not is retired. */
  isCurrent({ app, entryPoint }: CodeOfRun, host: SeatedHost): boolean {
    const place = placeOf(entryPoint, this.#options.manifestOf(app)?.folder ?? null);
    if (place === undefined || host.code.isCurrent(place.module)) return true;
    this.retire(host);
    return false;
  }

  /** Code that is broken in one host goes to another, which is the better one from then on if it loads there. */
  hasRun({ app, entryPoint }: CodeOfRun, host: SeatedHost, hasFailedToLoad: boolean): void {
    if (hasFailedToLoad) host.code.broke(entryPoint);
    const others = this.#options.hosts.of(app).filter(other => other !== host && other.code.isBroken(entryPoint));
    if (others.length === 0) return;
    if (hasFailedToLoad) this.retire(host);
    else for (const other of others) this.retire(other);
  }
}
