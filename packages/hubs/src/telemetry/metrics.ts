// The stable metrics of OpenTelemetry's semantic conventions for SignalR servers (§14).
import { createNoopMeter, type Histogram, type MeterProvider, metrics, type UpDownCounter } from '@opentelemetry/api';
import type { ConnectionEnd } from '../connection/end.ts';
import { HubServerError } from '../errors.ts';

export interface ConnectionInstruments {
  readonly duration: Histogram;
  readonly active: UpDownCounter;
}

/** What a connection ended as, in the words of the conventions. */
export function connectionStatus(end: ConnectionEnd): 'normal_closure' | 'timeout' | 'app_shutdown' {
  if (end.kind === 'server-closed') return 'app_shutdown';
  const isTimeout = end.kind === 'failed' && end.error instanceof HubServerError && end.error.code === 'client-timeout';
  return isTimeout ? 'timeout' : 'normal_closure';
}

/** `WebSockets` is `web_sockets`, `ServerSentEvents` is `server_sent_events`. */
export function transportAttribute(name: string): string {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();
}

/** The instruments of whichever meter provider is registered now; `undefined` when none is. */
export class InstrumentSource {
  readonly #scope: string;
  #provider: MeterProvider | undefined;
  #instruments: ConnectionInstruments | undefined;

  constructor(scope: string) {
    this.#scope = scope;
  }

  get current(): ConnectionInstruments | undefined {
    const provider = metrics.getMeterProvider();
    if (provider === this.#provider) return this.#instruments;
    this.#provider = provider;
    const meter = provider.getMeter(this.#scope);
    this.#instruments =
      meter === createNoopMeter()
        ? undefined
        : {
            duration: meter.createHistogram('signalr.server.connection.duration', {
              unit: 's',
              description: 'The duration of connections on the server.',
              advice: { explicitBucketBoundaries: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] },
            }),
            active: meter.createUpDownCounter('signalr.server.active_connections', {
              unit: '{connection}',
              description: 'Number of connections that are currently active on the server.',
            }),
          };
    return this.#instruments;
  }
}
