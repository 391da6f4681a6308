// The example of the README runs as it stands: its server and its client, as two processes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { leakCheck, waitFor } from '@longhaul/testing';

const readme = readFileSync(path.join(import.meta.dirname, '../README.md'), 'utf8');

function codeOf(file: string): string {
  const code = new RegExp(`\`\`\`ts file=${file.replace('.', '\\.')}\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1];
  assert.ok(code, `the README has no ${file}`);
  return code;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}

function run(file: string): { child: ReturnType<typeof spawn>; output: () => string } {
  const child = spawn(process.execPath, ['--conditions=longhaul-source', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream!.on('data', chunk => (output += chunk));
  return { child, output: () => output };
}

describe('the README', () => {
  after(leakCheck());

  test('its example runs', async t => {
    // Inside the package, so that its imports are found as an application's are.
    const folder = mkdtempSync(path.join(import.meta.dirname, 'readme-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const port = String(await freePort());
    for (const file of ['server.ts', 'client.ts']) {
      writeFileSync(path.join(folder, file), codeOf(file).replace('3000', port));
    }
    const server = run(path.join(folder, 'server.ts'));
    t.after(() => server.child.kill());
    await waitFor('the server to listen', () => server.output().includes('listening'), { timeoutMs: 20_000 });
    const client = run(path.join(folder, 'client.ts'));
    t.after(() => client.child.kill());
    const [code] = await once(client.child, 'exit');
    assert.equal(code, 0, client.output());
    const lines = client
      .output()
      .split('\n')
      .filter(line => !line.includes('Information:'));
    assert.deepEqual(lines, ['ann: hello', '3', '2', '1', '']);
    server.child.kill();
    await once(server.child, 'exit');
  });
});
