// Hubs on node:https: the WebSocket and its calls through TLS.
import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, describe, test } from 'node:test';
import { createHubServer, defineHub } from '@longhaul/hubs';
import { leakCheck } from '@longhaul/testing';
import WebSocket from 'ws';
import { BareClient, jsonHandshake } from './bare-client.ts';
import { certificate, noTls } from './certificate.ts';

describe('hubs on node:https', () => {
  after(leakCheck());

  test('a call through TLS', { skip: noTls }, async t => {
    const { key, cert } = certificate();
    const server = createServer({ key, cert });
    const hubs = createHubServer(server);
    hubs.map('/hub', defineHub()({ methods: { echo: (_call, value: unknown) => value } }));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    t.after(async () => {
      await hubs.close();
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    });
    const { port } = server.address() as AddressInfo;
    const client = new BareClient(new WebSocket(`wss://127.0.0.1:${port}/hub`, { ca: cert }));
    await new Promise((resolve, reject) => client.socket.once('open', resolve).once('error', reject));
    client.send(jsonHandshake, '{"type":1,"invocationId":"1","target":"echo","arguments":["tls"]}');
    assert.equal(await client.next(), '{}');
    assert.equal(await client.next(), '{"type":3,"invocationId":"1","result":"tls"}');
    client.send('{"type":7}');
    assert.equal((await client.closed).code, 1000);
  });
});
