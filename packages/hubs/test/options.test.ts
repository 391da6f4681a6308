// The options of ASP.NET Core and what they are when nobody says anything (§10), by their names here.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { endpointDefaults, longPollingDefaults, webSocketDefaults } from '../src/endpoint-options.ts';
import { defaults } from '../src/options.ts';

const all: Readonly<Record<string, unknown>> = {
  ...defaults,
  ...endpointDefaults,
  ...longPollingDefaults,
  ...webSocketDefaults,
};

describe('the defaults of ASP.NET Core', () => {
  for (const [name, value] of Object.entries({
    handshakeTimeoutMs: 15_000,
    keepAliveIntervalMs: 15_000,
    clientTimeoutIntervalMs: 30_000,
    supportedProtocols: ['json', 'messagepack'],
    maximumReceiveMessageSize: 32 * 1024,
    enableDetailedErrors: false,
    streamBufferCapacity: 10,
    maximumParallelInvocationsPerClient: 1,
    statefulReconnectBufferSize: 100_000,
    transports: ['WebSockets', 'ServerSentEvents', 'LongPolling'],
    transportMaxBufferSize: 65_536,
    applicationMaxBufferSize: 65_536,
    transportSendTimeoutMs: 10_000,
    minimumProtocolVersion: 0,
    closeOnAuthenticationExpiration: false,
    enableAuthenticationRefresh: false,
    pollTimeoutMs: 90_000,
    closeTimeoutMs: 5_000,
    disconnectTimeoutMs: 15_000,
  })) {
    test(`§10 ${name} is ${value}`, () => assert.deepEqual(all[name], value));
  }
});
