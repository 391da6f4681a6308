// What one sees who watches parked sockets and tasks: what is there, what comes and goes, and the death of the agent as a pause.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { after, before, test } from 'node:test';
import {
  enableTransferOwnership,
  type LonghaulError,
  type SocketChange,
  type TaskChange,
  type TaskCompletion,
  transferOwnership,
  type WatchState,
} from '@longhaul/client';
import { leakCheck, waitFor } from '@longhaul/testing';
import { AcceptanceRoom, patience } from './sockets/acceptance-room.ts';
import { app, contextOf } from './sockets/programs/background.ts';
import { written } from './sockets/scene.ts';

const noLeaks = leakCheck();
let room: AcceptanceRoom;
before(async () => {
  room = await AcceptanceRoom.open(['collect', 'forget', 'stepwise']);
});
after(async () => {
  await room[Symbol.asyncDispose]();
  await noLeaks();
});

type Heard = SocketChange | TaskChange | WatchState;

/** In short, in order; without repetitions. */
function words(change: Heard): string {
  if (change.type === 'removed') return `removed ${'name' in change ? change.name.id : 'task'}`;
  if (change.type === 'run') return `run ${change.run.trigger.socketId} ${change.run.status}`;
  if (change.type !== 'changed') return change.type;
  return 'id' in change.record ? `${change.record.id} ${change.record.status}` : `task ${change.record.name}`;
}

/** Notes what one is told who watches, until disposed; `ended` settles when the loop does. */
function note(door: { watch(options: { signal: AbortSignal }): AsyncIterable<Heard> }) {
  const told: string[] = [];
  const abort = new AbortController();
  const ended = (async () => {
    for await (const change of door.watch({ signal: abort.signal })) {
      if (told.at(-1) !== words(change)) told.push(words(change));
    }
  })();
  return {
    told,
    ended,
    async [Symbol.asyncDispose]() {
      abort.abort();
      await ended;
    },
  };
}

async function handOver(task: string, id: string) {
  const { taskId } = await room.task(task);
  const { port, next } = await room.server();
  const socket = new Socket();
  enableTransferOwnership(socket, { taskId });
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const context = contextOf(0, room.home.file(id));
  await transferOwnership(room.agent, socket, id, { context });
  return await next();
}

const tells = (told: readonly string[], what: string) =>
  waitFor(`"${what}" after ${told.join(', ')}`, () => told.includes(what), patience);

test('sockets: what is there comes first, then what happens, over a restart of the agent, until it is aborted', async () => {
  const { peer } = await handOver('collect', 'one');
  const watching = note(room.agent.sockets);
  const { told } = watching;
  await tells(told, 'caught-up');
  assert.deepEqual(told, ['one parked', 'caught-up']);

  await written(peer, 'x');
  await waitFor('its task', () => told.length > 3 && told.at(-1) === 'one parked', patience);
  const { peer: other } = await handOver('forget', 'two');
  await tells(told, 'two parked');

  await using late = note(room.agent.sockets);
  await tells(late.told, 'caught-up');
  assert.deepEqual(late.told, ['one parked', 'two parked', 'caught-up'], 'one that comes later sees the same');

  const { pid } = await room.agent.getStatus();
  process.kill(pid, 'SIGKILL');
  await tells(told, 'lost');
  await using meanwhile = note(room.agent.sockets);
  await waitFor('the next agent', () => told.at(-1) === 'caught-up', patience);
  assert.deepEqual(told.slice(-2), ['lost', 'caught-up'], 'nothing has happened meanwhile');
  await tells(meanwhile.told, 'caught-up');
  assert.deepEqual(meanwhile.told.slice(0, 2), ['one parked', 'two parked'], 'nor is it kept from who came meanwhile');
  await written(other, 'x');
  await tells(told, 'two orphaned');
  await room.agent.sockets.remove({ app, id: 'two' });
  await tells(told, 'removed two');

  await watching[Symbol.asyncDispose]();
  const length = told.length;
  await room.agent.sockets.remove({ app, id: 'one' });
  await tells(late.told, 'removed one');
  assert.equal(told.length, length, 'who has left is told no more');
});

test('a loop that is left, or never begun, keeps nothing; who was aborted before is told nothing', async () => {
  for await (const change of room.agent.sockets.watch()) {
    assert.equal(change.type, 'caught-up');
    break;
  }
  for await (const change of room.agent.tasks.watch({ signal: AbortSignal.abort() })) assert.fail(words(change));
  room.agent.sockets.watch();
});

test('tasks: their runs are told with them; a registration tells its own, once each, over the death of the agent (TI-16)', async () => {
  const { told, ended } = note(room.agent.tasks);
  await tells(told, 'caught-up');
  assert.ok(told.indexOf('task collect') < told.indexOf('run one completed'), told.join(', '));
  assert.ok(told.indexOf('run one completed') < told.indexOf('caught-up'), told.join(', '));

  const task = await room.task('stepwise');
  const completed: TaskCompletion[] = [];
  const steps: number[] = [];
  const failures: unknown[] = [];
  using _following = task.follow({
    progress: ({ progress }) => void steps.push(progress),
    completed: completion => void completed.push(completion),
    failed: error => void failures.push(error),
  });
  const { peer } = await handOver('stepwise', 'steps');
  await written(peer, 'first');
  await waitFor('the first attempt to be under way', () => steps.includes(1), patience);
  process.kill((await room.agent.getStatus()).pid, 'SIGKILL');
  await waitFor('the second to be over', () => completed.length === 1, patience);
  const [first] = completed;
  assert.deepEqual([first?.run.status, first?.run.attempt, steps.at(-1)], ['completed', 2, 2]);
  assert.equal(first?.checkResult(), undefined);
  await tells(told, 'run steps completed');
  assert.ok(told.includes('lost'));

  await written(peer, 'fail');
  await waitFor('the next run to be over', () => completed.length === 2, patience);
  assert.notEqual(completed[1]?.instanceId, first?.instanceId);
  assert.throws(() => completed[1]?.checkResult(), { code: 'task-failed', message: /as it was told to/ });
  await task.unregister(true);
  await waitFor('the end of the following', () => failures.length === 1, patience);
  assert.equal((failures[0] as LonghaulError).code, 'not-found');
  await tells(told, 'removed task');

  const other = await room.home.connect({ app });
  const left = note(other.tasks);
  await tells(left.told, 'caught-up');
  const ends = [
    assert.rejects(left.ended, { code: 'detached' }),
    assert.rejects(ended, { code: 'detached' }, 'the watching that began with the test'),
  ];
  await other[Symbol.asyncDispose]();
  await room.agent[Symbol.asyncDispose]();
  await Promise.all(ends);
});
