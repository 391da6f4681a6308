// Every server of the example, run as its README says: a page and a WebSocket, on each version of HTTP that it speaks.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { type ClientOptions, connectWebSocket } from '@longhaul/websockets';

const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-example-'));
const env = { ...process.env, KEY: path.join(folder, 'key.pem'), CERT: path.join(folder, 'cert.pem') };

before(() => {
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...names, '-keyout', env.KEY, '-out', env.CERT], {
    stdio: 'ignore',
  });
});
after(() => rmSync(folder, { recursive: true }));

async function start(name: string): Promise<{ port: string } & AsyncDisposable> {
  const script = path.join(import.meta.dirname, `${name}.ts`);
  const child = spawn(process.execPath, ['--conditions=longhaul-source', script], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), ended])) as [unknown];
  const port = /^listening on port (\d+)$/.exec(String(line))?.[1];
  assert.ok(port !== undefined, `${name}.ts said ${line}`);
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
}

async function page(origin: string, ca: string | undefined): Promise<string> {
  const session = connectHttp2(origin, { ca });
  const stream = session.request({ ':path': '/' });
  let body = '';
  for await (const part of stream.setEncoding('utf8')) body += part;
  session.close();
  return body;
}

const servers: [name: string, isSecure: boolean, hasRoutes: boolean, versions: readonly ('1.1' | '2')[]][] = [
  ['http', false, false, ['1.1']],
  ['https', true, false, ['1.1']],
  ['http2', true, false, ['1.1', '2']],
  ['fastify', true, true, ['1.1', '2']],
  ['hono', true, true, ['1.1', '2']],
  ['express', false, true, ['1.1']],
];

describe('the example', { concurrency: 2 }, () => {
  for (const [name, isSecure, hasRoutes, versions] of servers) {
    test(`${name}.ts serves a page and WebSockets on HTTP/${versions.join(' and HTTP/')}`, async () => {
      await using server = await start(name);
      const ca = isSecure ? readFileSync(env.CERT, 'utf8') : undefined;
      if (versions.includes('2')) assert.equal(await page(`https://localhost:${server.port}`, ca), 'a page');
      if (!isSecure) assert.equal(await (await fetch(`http://127.0.0.1:${server.port}/`)).text(), 'a page');
      for (const httpVersion of versions) {
        const options: ClientOptions = { httpVersion, ...(ca === undefined ? {} : { tls: { ca } }) };
        const host = isSecure ? 'wss://localhost' : 'ws://127.0.0.1';
        const socket = await connectWebSocket(`${host}:${server.port}/ws`, options);
        await socket.send('hello');
        assert.equal((await socket.receive())?.data, 'hello');
        assert.deepEqual(await socket.close(4_000), { code: 4_000, reason: '', clean: true });
        if (!hasRoutes) continue;
        const elsewhere = connectWebSocket(`${host}:${server.port}/elsewhere`, options);
        await assert.rejects(elsewhere, { code: 'handshake-refused', status: 404 });
      }
    });
  }
});
