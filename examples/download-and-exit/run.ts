// The example as it stands: a slow origin on loopback, the app that submits and exits, the app that attaches. With a Longhaul
// of its own in a temporary folder, which is taken away at the end.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { connectAgent } from '@longhaul/client';

const body = randomBytes(4 * 1024 * 1024);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** About two seconds for the whole of it. */
async function* slowly() {
  for (let at = 0; at < body.length; at += 64 * 1024) {
    yield body.subarray(at, at + 64 * 1024);
    await new Promise(resolve => setTimeout(resolve, 30));
  }
}

const origin = createServer((_, response) => {
  response.writeHead(200, { 'content-length': body.length });
  Readable.from(slowly()).pipe(response);
});
origin.listen(0, '127.0.0.1');
await once(origin, 'listening');
const { port } = origin.address() as { port: number };

const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-example-'));
const env = { ...process.env, LONGHAUL_HOME: path.join(folder, 'home') };
const file = path.join(folder, 'film.mp4');

async function runApp(name: string, ...args: string[]): Promise<void> {
  const app = spawn(process.execPath, [...process.execArgv, path.join(import.meta.dirname, name), ...args], {
    env,
    stdio: 'inherit',
  });
  const [code] = await once(app, 'exit');
  if (code !== 0) throw new Error(`${name} ended with code ${code}`);
  console.log(`-- ${name} (process ${app.pid}) has ended`);
}

try {
  await runApp('submit.ts', `http://127.0.0.1:${port}/film.mp4`, file);
  await runApp('attach.ts');
  if (sha256(readFileSync(file)) !== sha256(body)) throw new Error('the file is not what the origin sent');
  console.log('the file is byte-identical');
} finally {
  await using owner = await connectAgent({ env });
  await owner.stop();
  origin.closeAllConnections();
  origin.close();
  rmSync(folder, { recursive: true, force: true });
}
