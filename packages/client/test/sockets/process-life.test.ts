// What keeps a process alive that hands sockets over: an answer that is awaited, and nothing else.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { AcceptanceRoom } from './acceptance-room.ts';

const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const room = left.use(await AcceptanceRoom.open(['collect']));

test('an app that holds a socket, disposes nothing and awaits nothing ends by itself; what it gave back is given back', async () => {
  const { taskId } = await room.task('collect');
  const { port, next } = await room.server();
  const program = path.join(import.meta.dirname, 'programs/leave.ts');
  const child = spawn(process.execPath, ['--conditions=longhaul-source', program, taskId, String(port)], {
    env: room.home.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  const { heard } = await next();
  const [stdout, stderr, [code]] = await ended;
  assert.deepEqual([stdout, stderr, code], ['end of the program\n', '', 0]);
  assert.equal((await room.parked('given back')).transfers, 2);
  assert.equal((await room.parked('kept')).transfers, 1);
  assert.equal(heard.hasEnded, false);
});
