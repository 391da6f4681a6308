// The example as it stands: a server on loopback, the app that connects, hands over and exits, and what happens while it is away.
// With a Longhaul of its own in a temporary folder, which is taken away at the end.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { connectAgent } from '@longhaul/client';
import { waitFor } from '@longhaul/testing';
import { app } from './connection.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-example-'));
const env = { ...process.env, LONGHAUL_HOME: path.join(folder, 'home') };
const manifest = JSON.parse(readFileSync(path.join(import.meta.dirname, 'manifest.json'), 'utf8'));
const patient = { timeoutMs: 20_000 };

const connections: Socket[] = [];
const heard: string[] = [];
const server = createServer(socket => {
  connections.push(socket);
  const lines = createInterface({ input: socket });
  lines.on('line', line => heard.push(line));
  for (const each of [socket, lines]) each.on('error', () => {}); // at the end of the example
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as { port: number };

const said: string[] = [];
function startApp(): ChildProcess {
  const file = path.join(import.meta.dirname, 'app.ts');
  const child = spawn(process.execPath, [...process.execArgv, file, '127.0.0.1', String(port)], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: child.stdout! }).on('line', line => {
    said.push(line);
    console.log(`app (process ${child.pid}): ${line}`);
  });
  return child;
}

const appSays = (line: string) => waitFor(`the app to say "${line}"`, () => said.includes(line), patient);

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'exit');
  console.log(`-- the app (process ${child.pid}) has ended`);
}

try {
  await using owner = await connectAgent({ env });
  // As `longhaul app register manifest.json` does.
  await owner.registerApp({ ...manifest, folder: import.meta.dirname });
  const taskSays = async (words: string) => {
    const run = await waitFor(
      `a task to say "${words}"`,
      async () => {
        const ended = (await owner.tasks.listRuns()).filter(({ endedAt }) => endedAt !== null);
        const details = await Promise.all(ended.map(({ id }) => owner.tasks.getRun(id)));
        return details.find(({ log }) => log.includes(words));
      },
      patient,
    );
    console.log(`task (${run.trigger.reason}, process ${run.pid}): ${words}`);
  };
  try {
    const first = startApp();
    await appSays('connected');
    connections[0]!.write('hello, you are here\n');
    await appSays('heard: hello, you are here');
    await end(first);

    console.log('server: a message while nobody is there');
    connections[0]!.write('you have mail\n');
    await taskSays('message: you have mail');
    await waitFor('the connection to be kept alive', () => heard.includes('Keep alive'), patient);
    console.log('server: heard "Keep alive"');

    console.log('server: ends the connection');
    connections[0]!.destroy();
    await taskSays('connected again');
    connections[1]!.write('and more mail\n');
    await taskSays('message: and more mail');

    const [socket] = await owner.sockets.list();
    console.log(`longhaul sockets: ${socket!.id} of ${app}, ${socket!.wakes} wakes`);
    const second = startApp();
    await waitFor('the app to take over', () => said.some(line => line.startsWith('took over')), patient);
    connections[1]!.write('welcome back\n');
    await appSays('heard: welcome back');
    await end(second);
  } finally {
    await owner.stop();
  }
} finally {
  for (const socket of connections) socket.destroy();
  server.close();
  rmSync(folder, { recursive: true, force: true });
}
