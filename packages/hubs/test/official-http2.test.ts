// The official client in Node against a server that speaks HTTP/2 and HTTP/1.1 through TLS: its polls go over HTTP/2, its event
// streams over HTTP/1.1, its WebSockets as the class does that it is given: `ws`, or ours over HTTP/2.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { leakCheck, waitFor } from '@longhaul/testing';
import { createWebSocketClass } from '@longhaul/websockets';
import { HttpTransportType, Subject } from '@microsoft/signalr';
import { createApp } from './app.ts';
import { certificate, noTls } from './certificate.ts';
import { host } from './host.ts';
import { collect, officialClient, ways } from './official-client.ts';

describe('the official client and a server of HTTP/2', { skip: noTls }, () => {
  after(leakCheck());
  for (const way of ways) {
    const isWebSocket = way.transport === HttpTransportType.WebSockets;
    for (const hasOurClass of isWebSocket ? [false, true] : [false]) {
      // Polls are made by fetch, which in Node 26 takes what the server prefers.
      const isOverHttp2 = hasOurClass || way.transport === HttpTransportType.LongPolling;
      test(`${way.name}${hasOurClass ? ', our WebSocket class' : ''}`, async t => {
        const tls = certificate();
        const trusted = getCACertificates('default');
        setDefaultCACertificates([...trusted, String(tls.cert)]);
        t.after(() => setDefaultCACertificates(trusted));
        const { hub } = createApp();
        const { url, hubs } = await host(t, hub, { tls });
        const WebSocket = hasOurClass
          ? { WebSocket: createWebSocketClass({ httpVersion: '2', tls: { ca: tls.cert } }) }
          : {};
        const connection = officialClient(t, `${url}/hub`, { transport: way.transport, ...WebSocket }, builder =>
          builder.withHubProtocol(way.createProtocol()),
        );
        await connection.start();
        assert.equal(await connection.invoke('version'), isOverHttp2 ? '2.0' : '1.1');
        assert.deepEqual(await collect(connection.stream('count', 3)), [0, 1, 2]);
        const words = new Subject<string>();
        const uploaded = connection.invoke('upload', '>', words);
        words.next('a');
        words.complete();
        assert.equal(await uploaded, '> a');
        await connection.stop();
        await waitFor('the end', () => hubs.connectionCount === 0);
      });
    }
  }
});
