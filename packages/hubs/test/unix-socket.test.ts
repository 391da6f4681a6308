// The official client over a Unix socket, by the WebSocket class of @longhaul/websockets: the way the SDK talks to the agent.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { createHubServer, defineHub, HubError, parseHubError, typedConnection } from '@longhaul/hubs';
import { leakCheck, waitFor } from '@longhaul/testing';
import { createWebSocketClass } from '@longhaul/websockets';
import { HttpTransportType } from '@microsoft/signalr';
import { officialClient } from './official-client.ts';

const hub = defineHub<{ progress(percent: number): void }>()({
  methods: {
    echo: (_call, text: string) => text,
    fail: () => {
      throw new HubError('no', { code: 'not-found' });
    },
    async work(call, steps: number) {
      for (let step = 1; step <= steps; step += 1) await call.clients.caller.progress((100 * step) / steps);
      return 'done';
    },
    async *count(_call, to: number) {
      for (let n = 0; n < to; n += 1) yield n;
    },
  },
});

describe('over a Unix socket', () => {
  after(leakCheck());

  test('calls, errors, progress, streams, and the end of the server', async t => {
    const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-hubs-'));
    const socketPath = path.join(folder, 'hub.sock');
    const server = createServer();
    const hubs = createHubServer(server);
    hubs.map('/hub', hub);
    await new Promise<void>(resolve => server.listen(socketPath, resolve));
    t.after(async () => {
      await hubs.close();
      await new Promise(resolve => server.close(resolve));
      rmSync(folder, { recursive: true });
    });
    // @microsoft/signalr takes the class, its types do not name the option.
    const options = {
      skipNegotiation: true,
      transport: HttpTransportType.WebSockets,
      WebSocket: createWebSocketClass({ socketPath }),
    };
    const connection = officialClient(t, 'http://localhost/hub', options);
    const closed = new Promise(resolve => connection.onclose(resolve));
    const { invoke, on, stream } = typedConnection<typeof hub>(connection);
    const percents: number[] = [];
    on.progress(percent => percents.push(percent));
    await connection.start();
    const long = 'é€😀'.repeat(1_000);
    assert.equal(await invoke.echo(long), long);
    assert.equal(await invoke.work(4), 'done');
    assert.deepEqual(percents, [25, 50, 75, 100]);
    assert.equal(parseHubError(await invoke.fail().catch((error: unknown) => error))?.code, 'not-found');
    const items: number[] = [];
    stream
      .count(1_000)
      .subscribe({ next: item => items.push(item), error: assert.ifError, complete: () => items.push(-1) });
    await waitFor('the stream to end', () => items.at(-1) === -1);
    assert.equal(items.length, 1_001);
    await hubs.close();
    await closed;
    assert.equal(hubs.connectionCount, 0);
  });
});
