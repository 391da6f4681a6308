// A WebSocket that was accepted and that no connection takes over.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, test } from 'node:test';
import { leakCheck } from '@longhaul/testing';
import { useWebSockets } from '@longhaul/websockets';
import WebSocket from 'ws';
import { silentLogger } from '../src/log.ts';
import { ConnectionTokens } from '../src/transports/connection-token.ts';
import { HttpEndpoint } from '../src/transports/http-endpoint.ts';
import { parseRequestTarget } from '../src/transports/request-target.ts';

describe('a connection that cannot be made', () => {
  after(leakCheck());

  test('closes the WebSocket that was accepted for it, and forgets its token', async t => {
    const failure = new Error('The meter is broken.');
    const endpoint = new HttpEndpoint(
      {
        log: silentLogger,
        busyFor: () => undefined,
        serve: () => {
          throw failure;
        },
      },
      {},
      { tokens: new ConnectionTokens('a secret of this test', '/hub'), isSecretShared: false },
    );
    const server = createServer();
    useWebSockets(server);
    const answered = Promise.withResolvers<unknown>();
    server.on('request', (request, response) => {
      const target = parseRequestTarget(request.url)!;
      endpoint.answerConnect(request, response, target).then(answered.resolve, answered.resolve);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/hub`);
    const [code] = await once(client, 'close');
    assert.equal(code, 1000);
    assert.equal(await answered.promise, failure);
    assert.equal(endpoint.pendingCount, 0);
  });
});
