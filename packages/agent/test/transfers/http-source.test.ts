// The source on node:http and node:https against every odd origin.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '@longhaul/testing';
import { HttpSource } from '../../src/transfers/http-source.ts';
import { bodyOf, head, Origin, serveFile } from './origin.ts';
import { runOriginSuite } from './origin-suite.ts';
import { Room } from './room.ts';
import { runTlsSuite } from './tls-suite.ts';

runOriginSuite('HttpSource', limits => new HttpSource(limits));
runTlsSuite('HttpSource', (limits, options) => new HttpSource(limits, options));

test('a kept connection is closed when nobody uses it; one in use is not, however quiet', async () => {
  const body = bodyOf('idle', 1_000);
  await using origin = await Origin.listen((request, socket) => {
    if (request.path === '/file') return serveFile(request, socket, body);
    socket.write(head(200, { 'Content-Length': body.byteLength }));
    setTimeout(() => socket.write(body), 300);
  });
  await using room = await Room.open({ makeSource: limits => new HttpSource(limits, { idleMs: 40 }) });
  assert.equal((await room.download(origin.url())).status, 'completed');
  await waitFor('the idle connection to be closed', () => origin.openConnections === 0);
  const quiet = await room.download(origin.url('/quiet'), { file: room.path('quiet') });
  assert.deepEqual([quiet.status, origin.requests.length], ['completed', 2]);
});
