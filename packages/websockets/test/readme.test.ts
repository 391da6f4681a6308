// All code of the README runs: a block with imports as a program of its own, one without as the body of a function that has the
// package's exports and a stage around it. What is logged is what the comments behind `// →` say, in order.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { leakCheck } from '@longhaul/testing';
import * as websockets from '@longhaul/websockets';
import { certificate } from './certificate.ts';
import { serve } from './echo-server.ts';

after(leakCheck());

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
const blocks = [...readme.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
const isProgram = (code: string) => code.startsWith('import ');
const promised = (code: string) => [...code.matchAll(/\/\/ → (.*?)(?= \/\/ →|$)/gm)].map(([, line]) => line!);
const nameOf = (code: string) => code.split('\n').find(line => line !== '' && !line.startsWith('import '))!;

const folder = mkdtempSync(join(tmpdir(), 'longhaul-readme-'));
before(() => {
  const { key, cert } = certificate();
  writeFileSync(join(folder, 'key.pem'), key);
  writeFileSync(join(folder, 'cert.pem'), cert);
  symlinkSync(join(import.meta.dirname, '../../../node_modules'), join(folder, 'node_modules'));
});
after(() => rmSync(folder, { recursive: true }));

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (
  ...code: string[]
) => (...values: unknown[]) => Promise<void>;

/** Where a program is one of a server only, somebody has to ask it. */
const visitor = `
const { connectWebSocket: visit } = await import('@longhaul/websockets');
const visitor = await visit('ws://localhost:8080/ws');
await visitor.send('echo');
if ((await visitor.receive()).data !== 'echo') throw new Error('no echo');
await visitor.close();
server.close();
`;

/** Ports of the page are those of one machine at one time: the system chooses others. */
function withFreePorts(code: string): string {
  return code
    .replace(/server\.listen\(\d+\);/g, 'await new Promise(done => server.listen(0, done));')
    .replace(/port: 8080/g, 'port: 0')
    .replace(
      /['`]([^'`\n]*localhost:)\d+([^'`\n]*)['`]/g,
      (_all, head, tail) => `\`${head}\${server.address().port}${tail}\``,
    );
}

describe('the code of the README', () => {
  test('is there', () => {
    assert.ok(blocks.filter(isProgram).length >= 5 && blocks.length >= 14);
  });

  for (const [at, code] of blocks.entries()) {
    if (isProgram(code)) {
      test(`runs as a program: ${nameOf(code)}`, async () => {
        const file = join(folder, `${at}.mjs`);
        writeFileSync(file, withFreePorts(code.includes('connectWebSocket') ? code : code + visitor));
        const run = promisify(execFile);
        const flags = ['--conditions=longhaul-source', file];
        const { stdout } = await run(process.execPath, flags, { cwd: folder, timeout: 20_000 });
        assert.deepEqual(stdout.split('\n').slice(0, -1), promised(code));
      });
    } else {
      test(`runs as it stands: ${nameOf(code)}`, async () => {
        assert.deepEqual(await runSnippet(code), promised(code));
      });
    }
  }
});

/** Gives what it logged. On stage: `url` of an echo, `socket` whose peer says "one" and "two" and closes, `connections`, `server`, `file`. */
async function runSnippet(code: string): Promise<string[]> {
  const logged: string[] = [];
  const chat = async (socket: websockets.WebSocketConnection) => {
    for await (const { data } of socket) await socket.send(data);
  };
  await using echo = await serve({ compression: true }, chat);
  await using speaker = await serve({}, async socket => {
    await socket.send('one');
    await socket.send('two');
  });
  const connections = new Set<websockets.WebSocketConnection>();
  for (let i = 0; i < 3; i++) connections.add(await websockets.connectWebSocket(echo.url));
  const file = createWriteStream(join(folder, 'file'));
  const stage = {
    ...websockets,
    once,
    file,
    connections,
    url: echo.url,
    server: createServer(),
    socket: await websockets.connectWebSocket(speaker.url),
    console: { log: (...values: unknown[]) => logged.push(values.join(' ')) },
  };
  try {
    await new AsyncFunction(...Object.keys(stage), code)(...Object.values(stage));
  } finally {
    stage.socket.abort();
    await Promise.all([...connections].map(connection => connection.close()));
    file.end();
    await finished(file);
  }
  return logged;
}
