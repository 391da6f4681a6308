// What keeps a process alive that hands sockets over: an answer that is awaited, and nothing else.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { waitFor } from '@longhaul/testing';
import { AcceptanceRoom, patience } from './acceptance-room.ts';

const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const room = left.use(await AcceptanceRoom.open(['collect']));

/** A program of programs/, to its end. */
async function run(program: string, ...args: string[]) {
  const file = path.join(import.meta.dirname, 'programs', program);
  const child = spawn(process.execPath, ['--conditions=longhaul-source', file, ...args], {
    env: room.home.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { stdout, stderr, code };
}

test('an app that holds a socket, disposes nothing and awaits nothing ends by itself; what it gave back is given back', async () => {
  const { taskId } = await room.task('collect');
  const { port, next } = await room.server();
  const ended = run('leave.ts', taskId, String(port));
  const { heard } = await next();
  assert.deepEqual(await ended, { stdout: 'end of the program\n', stderr: '', code: 0 });
  assert.equal((await room.parked('given back')).transfers, 2);
  assert.equal((await room.parked('kept')).transfers, 1);
  assert.equal(heard.hasEnded, false);
});

test('a worker of a cluster is told that its listener is not its own, and keeps it', async () => {
  const { taskId } = await room.task('collect');
  const { stdout, code } = await run('cluster.ts', taskId);
  assert.match(stdout, /^illegal-state .*cluster\ntrue\n$/);
  assert.equal(code, 0);
});

test('a thread of an app is told that only the main thread hands over, and keeps its socket', async () => {
  const { taskId } = await room.task('collect');
  const { port, next } = await room.server();
  const ended = run('thread.ts', taskId, String(port));
  const { peer, heard } = await next();
  await waitFor('the words of the thread', () => heard.hasEnded, patience);
  assert.equal(heard.text, 'not-supported-here');
  peer.end();
  assert.deepEqual(await ended, { stdout: '', stderr: '', code: 0 });
});
