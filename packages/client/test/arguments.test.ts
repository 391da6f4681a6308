// The app's mistakes, all of what the SDK has for sockets, tasks and settings in one table: what has the wrong kind is refused
// with a code of ours, and nothing comes of it.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createServer, Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { isSupportedHere } from '@longhaul/agent/kernel';
import * as longhaul from '@longhaul/client';
import {
  type Agent,
  BackgroundTaskRegistration,
  cancelIO,
  type ErrorCode,
  enableTransferOwnership,
  LonghaulError,
  localSettings,
  SocketActivityInformation,
  transferOwnership,
} from '@longhaul/client';
import { leakCheck } from '@longhaul/testing';
import { TaskRun } from '../src/task-host/task-run.ts';
import { AcceptanceRoom } from './sockets/acceptance-room.ts';
import { connection } from './sockets/scene.ts';

/** Everything public, for JavaScript: no type stands in the way of a mistake. */
// biome-ignore lint/suspicious/noExplicitAny: that is the point
const api = longhaul as any;
// biome-ignore lint/suspicious/noExplicitAny: so is this
type Any = any;

/** No string can be made of the last one. */
const strangers: readonly unknown[] = [null, 5, true, 'word', Symbol('s'), 5n, () => {}, [], Object.create(null)];
const kindOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);
const except = (...kinds: readonly string[]) => strangers.filter(value => !kinds.includes(kindOf(value)));
const named = (value: unknown) => (kindOf(value) === 'object' ? 'an object without a prototype' : String(value));

async function refuses(what: string, code: ErrorCode, call: () => unknown): Promise<void> {
  const outcome: unknown = await (async () => call())().then(
    () => 'was taken',
    error => error,
  );
  assert.ok(outcome instanceof LonghaulError, `${what}: ${String(outcome)}`);
  assert.equal(outcome.code, code, `${what}: ${outcome.message}`);
}

/** Runs a loop to its first step. */
const first = (changes: AsyncIterable<unknown>) => changes[Symbol.asyncIterator]().next();

const taskId = 'b6d3f4a5-5f0f-4c0e-9a5b-0d8f2a1c7e11';
const cycle: { self?: unknown } = {};
cycle.self = cycle;
const nobody = { sockets: {}, tasks: {}, settings: {} };
const follower = { failed() {} };
const half = '\ud800';

describe('wrong kinds', { skip: isSupportedHere() ? false : 'needs Linux' }, () => {
  const noLeaks = leakCheck();
  let room: AcceptanceRoom;
  let agent: Agent & Any;
  let task: BackgroundTaskRegistration;
  before(async () => {
    room = await AcceptanceRoom.open(['collect']);
    agent = room.agent;
    task = await room.task('collect');
  });
  after(async () => {
    await room[Symbol.asyncDispose]();
    await noLeaks();
  });

  const uuids = [...strangers, undefined, half, taskId.slice(1)];
  const signals = [...strangers, { aborted: true }];
  const options = except('object');
  const agents = [...except(), undefined, nobody];
  const tables: Readonly<Record<string, readonly (readonly [string, readonly unknown[], (value: Any) => unknown])[]>> =
    {
      'handing over': [
        ['enable(X)', [...strangers, undefined, {}], value => api.enableTransferOwnership(value, { taskId })],
        ['enable(socket, X)', [...options, undefined, {}], value => api.enableTransferOwnership(new Socket(), value)],
        ['enable taskId', uuids, value => api.enableTransferOwnership(new Socket(), { taskId: value })],
        ['enable wake', strangers, value => api.enableTransferOwnership(new Socket(), { taskId, wake: value })],
        ['cancelIO(X)', [...strangers, undefined, {}], value => api.cancelIO(value)],
        ['cancelIO(socket, X)', options, value => api.cancelIO(createServer(), value)],
        ['cancelIO signal', signals, value => api.cancelIO(createServer(), { signal: value })],
        ['transfer(X, socket)', agents, value => api.transferOwnership(value, enabled(), 'a')],
        ['transfer(agent, X)', [...strangers, undefined, {}], value => api.transferOwnership(agent, value, 'a')],
        [
          'transfer(agent, socket, X)',
          [...except('string'), undefined, '', 'x'.repeat(129), 'a\nb', half, `a${half}`],
          value => api.transferOwnership(agent, enabled(), value),
        ],
        ['transfer(agent, socket, id, X)', options, value => api.transferOwnership(agent, enabled(), 'a', value)],
        ['transfer context', except('null'), value => api.transferOwnership(agent, enabled(), 'a', { context: value })],
        [
          'transfer keepAliveMs',
          [...except('null'), 999, 1_000.5, Number.NaN, 2_592_000_001],
          value => api.transferOwnership(agent, enabled(), 'a', { keepAliveMs: value }),
        ],
        ['transfer signal', signals, value => api.transferOwnership(agent, enabled(), 'a', { signal: value })],
      ],
      'taking over': [
        [
          'allSockets(X)',
          [...agents.filter(value => value !== nobody), {}],
          value => SocketActivityInformation.allSockets(value),
        ],
        ['reclaim(X)', signals, value => new api.SocketActivityInformation({ kind: 'stream-socket' }).reclaim(value)],
        [
          'streamSocket(X)',
          signals,
          value => new api.SocketActivityInformation({ kind: 'stream-socket' }).streamSocket(value),
        ],
        [
          'sockets.remove(X)',
          [...strangers, undefined, {}, { app: 'a' }, { app: 'a', id: half }, { app: '-', id: 'a' }],
          value => agent.sockets.remove(value),
        ],
        ['sockets.watch(X)', options, value => first(agent.sockets.watch(value))],
        ['sockets.watch signal', signals, value => first(agent.sockets.watch({ signal: value }))],
      ],
      tasks: [
        [
          'new BackgroundTaskBuilder(X)',
          [...agents.filter(value => value !== nobody), {}],
          value => new api.BackgroundTaskBuilder(value),
        ],
        ['setTrigger(X)', except('object'), value => new api.BackgroundTaskBuilder(agent).setTrigger(value)],
        ['trigger type', [...strangers, undefined], value => builder({ trigger: { type: value } }).register()],
        ['name', [...except('string'), undefined, ''], value => builder({ name: value }).register()],
        [
          'taskEntryPoint',
          [...strangers, undefined, '', 'a#b#c'],
          value => builder({ taskEntryPoint: value }).register(),
        ],
        [
          'allTasks(X)',
          [...agents.filter(value => value !== nobody), {}],
          value => BackgroundTaskRegistration.allTasks(value),
        ],
        ['unregister(X)', [...except('boolean'), undefined], value => (task as Any).unregister(value)],
        ['follow(X)', [...strangers, undefined, {}], value => (task as Any).follow(value)],
        ['follow failed', [...except('function'), undefined], value => (task as Any).follow({ failed: value })],
        ['follow completed', except('function'), value => (task as Any).follow({ ...follower, completed: value })],
        ['follow progress', except('function'), value => (task as Any).follow({ ...follower, progress: value })],
        ['tasks.register(X)', [...strangers, undefined, {}], value => agent.tasks.register(value)],
        ['tasks.watch(X)', options, value => first(agent.tasks.watch(value))],
        ['tasks.watch signal', signals, value => first(agent.tasks.watch({ signal: value }))],
        ['tasks.follow(X)', uuids, value => agent.tasks.follow(value, follower)],
        ['tasks.unregister(X)', uuids, value => agent.tasks.unregister(value, true)],
        [
          'tasks.listRuns(X)',
          uuids.filter(
            value => value !== null && value !== undefined && typeof value !== 'function' && typeof value !== 'symbol',
          ),
          value => agent.tasks.listRuns(value),
        ],
        ['tasks.getRun(X)', uuids, value => agent.tasks.getRun(value)],
        ['tasks.cancelRun(X)', uuids, value => agent.tasks.cancelRun(value)],
        ['progress', [...except('number'), -1, 1.5, 2 ** 32], value => Object.assign(instance(), { progress: value })],
        ['onCanceled(X)', [...except('function'), undefined], value => instance().onCanceled(value)],
        ['onSuspending(X)', [...except('function'), undefined], value => api.onSuspending(value)],
        ['onSuspending(handler, X)', options, value => api.onSuspending(() => {}, value)],
        [
          'deadlineMs',
          [...except('number'), 0, -1, Number.NaN, 2 ** 31],
          value => api.onSuspending(() => {}, { deadlineMs: value }),
        ],
      ],
      settings: [
        [
          'localSettings(X)',
          [...strangers.filter(value => kindOf(value) !== 'object'), undefined, { app: 'a' }],
          value => api.localSettings(value),
        ],
        [
          'get(X)',
          [...except('string'), undefined, '', 'x'.repeat(256), half],
          value => localSettings(agent).get(value),
        ],
        [
          'set(X)',
          [...except('string'), undefined, '', 'x'.repeat(256), half],
          value => localSettings(agent).set(value, 1),
        ],
        [
          'delete(X)',
          [...except('string'), undefined, '', 'x'.repeat(256), half],
          value => localSettings(agent).delete(value),
        ],
        [
          'set(key, X)',
          [undefined, 5n, Symbol('s'), () => {}, cycle, 'x'.repeat(8_191)],
          value => localSettings(agent).set('key', value),
        ],
        ['settings.set(X)', ['', half], value => agent.settings.set(value, 1)],
        ['settings.set(key, X)', [5n, cycle], value => agent.settings.set('key', value)],
      ],
      connecting: [
        ['connectAgent(X)', options, value => api.connectAgent(value)],
        ['app', [...except('string'), 'a b', '.a', 'x'.repeat(129), half], value => room.home.connect({ app: value })],
        ['appName', except('string'), value => room.home.connect({ appName: value })],
        ['manifest', [...strangers, {}], value => room.home.connect({ manifest: value })],
        ['signal', signals, value => room.home.connect({ signal: value })],
        ['start', strangers, value => room.home.connect({ start: value })],
        ['reachTimeoutMs', [...except('number'), 0, Number.NaN], value => room.home.connect({ reachTimeoutMs: value })],
        ['env', except('object'), value => api.connectAgent({ env: value })],
      ],
    };

  /** Whatever is refused has not been looked at any closer. */
  const enabled = () => {
    const socket = createSocket('udp4').unref();
    enableTransferOwnership(socket, { taskId });
    return socket;
  };
  const builder = ({ trigger = { type: 'socket-activity' }, ...given }: Any) =>
    Object.assign(new api.BackgroundTaskBuilder(agent), { name: 'n', taskEntryPoint: './a#b' }, given).setTrigger(
      trigger,
    );
  const instance = (): Any => {
    const order = { run: taskId, attempt: 1, reason: 'socket-activity', task: { taskId, entryPoint: 'a#b' } };
    let made: unknown;
    const listener = { progressed() {}, ended() {} };
    const run = new TaskRun(order as Any, {} as Any, {} as Any, listener);
    void run.start({
      find: () => (task: unknown) => {
        made = task;
      },
    } as Any);
    return made;
  };

  for (const [name, calls] of Object.entries(tables)) {
    test(`${name}: invalid-argument`, async () => {
      for (const [what, values, call] of calls) {
        for (const value of values)
          await refuses(`${what} with ${named(value)}`, 'invalid-argument', () => call(value));
      }
      assert.deepEqual([await agent.sockets.list(), (await agent.tasks.list()).length], [[], 1]);
      assert.equal((await localSettings(agent).entries()).size, 0);
    });
  }

  test('what was handed over says so, whatever is done with its object (SB-27)', async t => {
    const { socket } = await connection(t);
    enableTransferOwnership(socket, task);
    await transferOwnership(agent, socket, 'gone');
    for (const call of [
      () => transferOwnership(agent, socket, 'gone'),
      () => cancelIO(socket),
      () => enableTransferOwnership(socket, { taskId }),
    ]) {
      await assert.rejects(async () => call(), { code: 'illegal-state', message: /was handed over as "gone"/ });
    }
    await agent.sockets.remove({ app: agent.app!, id: 'gone' });
  });

  test('a socket whose descriptor was closed behind its back is illegal-state', async t => {
    const server = createServer();
    enableTransferOwnership(server, { taskId: task.taskId });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    closeSync(fd);
    const handingOver = transferOwnership(agent, server, 'a');
    // In the same turn the number is taken again, so that Node closes nothing of somebody else's.
    const others: number[] = [];
    for (let other = openSync('/dev/null', 'r'); other !== fd; other = openSync('/dev/null', 'r')) others.push(other);
    for (const other of others) closeSync(other);
    await refuses('a closed descriptor', 'illegal-state', () => handingOver);
  });
});
