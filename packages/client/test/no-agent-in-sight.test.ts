// A keeper whose agent cannot start answers in its place: callers are told why there is no agent, not only that there is none.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { LonghaulError } from '@longhaul/client';
import { AgentConnection } from '../src/connection/connection.ts';
import { Link } from '../src/connection/link.ts';

/** Says the same to everybody. */
async function keeper(t: TestContext, status: number, body: string): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-refusing-'));
  const socketPath = path.join(folder, 'agent.sock');
  const refuse = (response: { end(text: string): void }) => response.end(body);
  const server = createServer((_, response) => refuse(response.writeHead(status)));
  server.on('upgrade', (_, socket) => {
    socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  });
  server.listen(socketPath);
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  return socketPath;
}

test('what a keeper says of an agent that cannot start is what the caller is told', async t => {
  const body = JSON.stringify({ code: 'disk-full', message: 'there is no room' });
  const socketPath = await keeper(t, 503, body);
  const opened = Link.open({ socketPath, token: 't' }, {}, 5_000);
  await assert.rejects(opened, { code: 'disk-full', message: 'there is no room' });
});

test('what nobody of ours says makes an agent that is not reachable', async t => {
  for (const [status, body] of [
    [503, 'Service Unavailable'],
    [503, '{"code":"no-such-code","message":"x"}'],
    [503, 'null'],
    [500, '{"code":"disk-full","message":"x"}'],
  ] as const) {
    const opened = Link.open({ socketPath: await keeper(t, status, body), token: 't' }, {}, 5_000);
    await assert.rejects(opened, { code: 'agent-not-reachable' }, body);
  }
});

test('why there is no agent is told when the time to reach one is over, and until then it is tried', async t => {
  let dials = 0;
  const connection = new AgentConnection({
    dial: async () => {
      dials += 1;
      throw new LonghaulError('disk-full', 'there is no room');
    },
    reachTimeoutMs: 200,
    lingerMs: 10,
    reconnectFirstDelayMs: 5,
    reconnectMaxDelayMs: 10,
  });
  t.after(() => connection.dispose(0));
  await assert.rejects(connection.call('listTransfers'), { code: 'disk-full' });
  assert.ok(dials > 2, `${dials} dials`);
});
