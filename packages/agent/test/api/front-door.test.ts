// The front door with its own small limits: slow requests, too many connections, and an agent that is ending.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, type TestContext, test } from 'node:test';
import { leakCheck, waitFor } from '@longhaul/testing';
import { FrontDoor } from '../../src/api/front-door.ts';
import type { Via } from '../../src/keeper/wire.ts';
import { defaults } from '../../src/options.ts';

after(leakCheck());

async function openFront(t: TestContext, limits: Partial<typeof defaults.api> = {}, via: Via = 'unix') {
  const folder = mkdtempSync(join(tmpdir(), 'lh-front-'));
  const path = join(folder, 's');
  const front = new FrontDoor({
    limits: { ...defaults.api, ...limits },
    isHubPath: hubPath => hubPath === '/agent',
    loopback: () => undefined,
  });
  const server = createServer({ allowHalfOpen: true }, socket => front.take(via, socket));
  await new Promise<void>(resolve => server.listen(path, resolve));
  t.after(() => {
    front[Symbol.dispose]();
    server.close();
    rmSync(folder, { recursive: true });
  });
  const exchange = async (bytes: string) => {
    const socket = connect(path);
    socket.on('error', () => {});
    socket.write(bytes);
    return await text(socket).catch(() => '');
  };
  return { front, path, exchange };
}

test('a request head that does not end is answered 408 and closed', async t => {
  const { exchange } = await openFront(t, { headersTimeoutMs: 100 });
  assert.match(await exchange('GET /agent HTTP/1.1\r\nHost: x\r\nX-Slow: '), /^HTTP\/1\.1 408 /);
});

test('a request head over the limit is answered 431', async t => {
  const { exchange } = await openFront(t, { maxHeaderBytes: 1_024 });
  assert.match(await exchange(`GET /agent HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(4_096)}\r\n\r\n`), /^HTTP\/1\.1 431 /);
});

test('one connection more than allowed is closed, and a place is free again when one has ended', async t => {
  const { path, exchange } = await openFront(t, { maxSocketConnections: 2 });
  const dial = () =>
    connect(path)
      .on('error', () => {})
      .resume();
  const clients = [dial(), dial(), dial()];
  t.after(() => {
    for (const client of clients) client.destroy();
  });
  await waitFor('one to be closed', () => clients.filter(client => client.destroyed).length === 1);
  clients.find(client => !client.destroyed)?.destroy();
  const request = 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  await waitFor('a place to be free', async () => (await exchange(request)).startsWith('HTTP/1.1 200 '));
});

test('without a loopback port its door leads nowhere', async t => {
  const { exchange } = await openFront(t, {}, 'loopback');
  const head = 'Host: x\r\nConnection: close\r\n\r\n';
  assert.match(await exchange(`GET /healthz HTTP/1.1\r\n${head}`), /^HTTP\/1\.1 404 /);
  const upgrade = 'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  assert.match(await exchange(`GET /agent HTTP/1.1\r\n${upgrade}`), /^HTTP\/1\.1 404 /);
});

test('without a hub server (not yet, or no longer) its path answers 503', async t => {
  const { exchange } = await openFront(t);
  assert.match(await exchange('GET /agent HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 503 /);
});
