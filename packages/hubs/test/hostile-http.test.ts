// A hostile client at the HTTP side: floods, endless and broken bodies, bad tokens, wrong methods. Others notice nothing,
// and nothing is left behind.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { defineHub } from '@longhaul/hubs';
import { leakCheck, waitFor } from '@longhaul/testing';
import { bareHubClient, jsonHandshake, refusedUpgrade } from './bare-client.ts';
import { host, negotiate } from './host.ts';
import { ask, eventStream, negotiated, polling, post, rawRequest } from './http-client.ts';

const hub = defineHub()({ methods: { echo: (_call, value: unknown) => value } });
const call = '{"type":1,"invocationId":"1","target":"echo","arguments":[1]}';

describe('hostile HTTP clients', () => {
  after(leakCheck());

  test('bad tokens of every kind: 404, never more', async t => {
    const { url } = await host(t, hub);
    const tokens = ['__proto__', 'constructor', '%00', '../../etc', 'x'.repeat(8_000), '%F0%9F%98%80', "' or 1=1"];
    for (const token of tokens) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const { status, body } = await ask(`${url}/hub?id=${token}`, { method });
        assert.deepEqual([status, body], [404, 'No Connection with that ID']);
      }
    }
    assert.equal((await refusedUpgrade(`${url}/hub?id=__proto__`)).status, 404);
  });

  test('a flood of polls for one connection: each is answered, the connection lives on', async t => {
    const { url, hubs } = await host(t, hub);
    const target = await polling(`${url}/hub`);
    const other = await bareHubClient(t, `${url}/hub`);
    const flood = Array.from({ length: 200 }, () => ask(target));
    await post(target, '{"type":6}');
    other.send(call);
    assert.equal(await other.next(), '{"type":3,"invocationId":"1","result":1}');
    await ask(target, { method: 'DELETE' });
    const statuses = new Set((await Promise.all(flood)).map(({ status }) => status));
    for (const status of statuses) assert.ok([200, 204, 404, 409].includes(status), String(status));
    await waitFor('the end', () => hubs.connectionCount === 1);
  });

  test('a flood of negotiates stops at maximumPendingConnections', async t => {
    const { url } = await host(t, hub, { server: { maximumPendingConnections: 20 } });
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => ask(`${url}/hub/negotiate?negotiateVersion=1`, { method: 'POST' })),
    );
    const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length;
    assert.deepEqual([count(200), count(503)], [20, 40]);
  });

  test('bytes for a connection that nobody opens: as much as a handshake, then the POST waits and ends with it', async t => {
    const { url } = await host(t, hub, { endpoint: { disconnectTimeoutMs: 300 } });
    const target = await negotiated(`${url}/hub`);
    const { status } = await ask(target, { method: 'POST', body: 'x'.repeat(1_000_000) });
    assert.equal(status, 404);
  });

  test('a body that is cut off, and one that never ends: others of that connection wait, other connections do not', async t => {
    const { url } = await host(t, hub);
    const target = await polling(`${url}/hub`);
    const other = await polling(`${url}/hub`);
    const head = `POST ${target.slice(url.length)} HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n`;
    const endless = rawRequest(t, url, head);
    endless.socket.write('1\r\n{\r\n');
    await post(other, call);
    assert.match((await ask(other)).body, /"result":1/);
    endless.socket.destroy();
    await endless.answer;
    // The byte that came is part of the stream: what follows is no message.
    await post(target, call);
    assert.match((await ask(target)).body, /^\{"type":7,"error":"Connection closed with an error\."/);
    const broken = rawRequest(t, url, head.replace(target.slice(url.length), other.slice(url.length)));
    broken.socket.write('zz\r\n');
    assert.match(await broken.answer, /^HTTP\/1\.1 400 /);
    await post(other, call);
    assert.match((await ask(other)).body, /"result":1/);
  });

  test('methods and content types of all kinds', async t => {
    const { url } = await host(t, hub);
    const target = await polling(`${url}/hub`);
    for (const method of ['PUT', 'PATCH', 'HEAD', 'OPTIONS', 'PROPFIND']) {
      assert.equal((await ask(target, { method })).status, 405);
    }
    for (const type of ['text/html', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', '']) {
      const { status } = await ask(target, {
        method: 'POST',
        body: `${call}\u001e`,
        headers: { 'content-type': type },
      });
      assert.equal(status, 200);
      assert.match((await ask(target)).body, /"result":1/);
    }
  });

  test('event streams opened and cut, hundreds of them: nothing is left', async t => {
    const { url, hubs } = await host(t, hub);
    await Promise.all(
      Array.from({ length: 200 }, async () => {
        const stream = await eventStream(t, await negotiated(`${url}/hub`));
        stream.close();
        await stream.ended;
      }),
    );
    await waitFor('the end of all', () => hubs.connectionCount === 0);
    const { connectionToken } = await negotiate(`${url}/hub`);
    const stream = await eventStream(t, `${url}/hub?id=${connectionToken}`);
    await post(`${url}/hub?id=${connectionToken}`, jsonHandshake);
    await waitFor('the handshake', () => stream.text.includes('{}'));
  });

  test('a client that has left before it was judged opens nothing', async t => {
    let asked = 0;
    const judged = Promise.withResolvers<{ allowed: true }>();
    const { url, hubs } = await host(t, hub, {
      endpoint: {
        authorize: ({ step }) => {
          if (step === 'negotiate') return { allowed: true };
          asked += 1;
          return judged.promise;
        },
      },
    });
    for (const [at, accept] of ['text/event-stream', '*/*'].entries()) {
      const target = await negotiated(`${url}/hub`);
      const path = target.slice(url.length);
      const left = rawRequest(t, url, `GET ${path} HTTP/1.1\nHost: x\nAccept: ${accept}\n\n`);
      await waitFor('the question', () => asked === at + 1);
      left.socket.destroy();
      await left.answer;
      // Whatever comes later over another connection comes after the end of this one was noticed.
      await ask(`${url}/hub/negotiate`, { method: 'POST' });
    }
    judged.resolve({ allowed: true });
    await ask(`${url}/hub/negotiate`, { method: 'POST' });
    assert.equal(hubs.connectionCount, 0);
  });
});
