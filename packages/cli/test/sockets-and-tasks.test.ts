// `longhaul sockets` and `longhaul tasks` with a real agent, an app whose tasks it starts, and connections to real peers.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { isSupportedHere } from '@longhaul/agent/kernel';
import { isRunOver, type RunDetails, type RunRecord, type SocketRecord } from '@longhaul/agent-protocol';
import { connectAgent } from '@longhaul/client';
import { waitFor } from '@longhaul/testing';
import { CommandHome, errorsOf } from './command-home.ts';
import { ParkedApp } from './parked-app.ts';
import { onTerminal, runShell } from './shell.ts';

const chat = 'com.example.chat';
const mail = 'com.example.mail';
const patience = { timeoutMs: 30_000, everyMs: 50 };

describe('the command with parked sockets', { skip: isSupportedHere() ? false : 'needs Linux' }, () => {
  const left = new AsyncDisposableStack();
  let home: CommandHome;
  let app: ParkedApp;

  before(async () => {
    home = left.use(new CommandHome());
    app = left.use(await ParkedApp.open(home, chat));
  });
  after(() => left.disposeAsync());

  const text = async (...args: string[]): Promise<string> => {
    const ended = await home.run(args);
    assert.equal(ended.code, 0, ended.stderr);
    return ended.stdout;
  };
  const recordOf = async (id: string): Promise<SocketRecord | undefined> =>
    (await home.json('sockets')).find((record: SocketRecord) => record.app === chat && record.id === id);
  const hasStatus = (id: string, status: SocketRecord['status']) =>
    waitFor(`${id} to be ${status}`, async () => (await recordOf(id))?.status === status, patience);

  /** A socket whose task fails would wake it again, in the process of the next test's. */
  const remove = (...ids: string[]) => home.json('sockets', 'remove', ...ids);

  test('with nothing parked and nothing registered, lists are empty arrays and a notice', async () => {
    for (const [args, notice] of [
      [['sockets'], 'No sockets are parked.'],
      [['tasks'], 'No tasks are registered.'],
      [['tasks', 'runs'], 'No runs.'],
    ] as const) {
      assert.deepEqual(await home.json(...args), []);
      const { code, stdout, stderr } = await home.run(args);
      assert.deepEqual([code, stdout, stderr], [0, '', `${notice}\n`]);
    }
  });

  test('the manifest is registered with its folder, so that its tasks are found from wherever the command is called', async () => {
    const [record] = await home.json('app', 'list');
    assert.deepEqual([record.id, record.folder, record.tasks.length], [chat, home.file(chat), 8]);
  });

  test('a socket is listed and shown from its hand-over on, and with its runs once its task was woken', async () => {
    const peer = await app.park('room 1', 'run');
    const record = await recordOf('room 1');
    assert.deepEqual(
      [record?.app, record?.status, record?.kind, record?.wakes, record?.holder],
      [chat, 'parked', 'stream-socket', 0, null],
    );
    assert.match(
      await text('sockets'),
      /^ID +APP +KIND +STATUS +SINCE +LAST WAKE +PEER\nroom 1 +com\.example\.chat +stream +parked +\d+s +never +127\.0\.0\.1:\d+\n$/,
    );
    peer.write('good evening');
    const run = await app.runOf('room 1', ({ status }) => status === 'completed');
    await hasStatus('room 1', 'parked');

    const shown = await home.json('sockets', 'show', 'room 1');
    assert.deepEqual([shown.id, shown.wakes, shown.task.name], ['room 1', 1, 'run']);
    assert.deepEqual(
      shown.runs.map(({ id }: RunRecord) => id),
      [run.id],
    );
    const words = await text('sockets', 'show', 'room');
    assert.match(words, /^Task: +run \([0-9a-f-]{36}\)$/m);
    assert.match(words, /^Handed over: +2 times$/m);
    assert.match(words, /^Last runs for this socket:\nRUN +STATUS +TRY/m);
    assert.match(words, new RegExp(`^${run.id.slice(0, 8)} +completed +1 .* data on room 1$`, 'm'));
  });

  test('a task is shown with its runs, a run with its log, each by the beginning of its id', async () => {
    const taskId = await app.taskOf('run');
    const [task] = (await home.json('tasks')).filter((record: { taskId: string }) => record.taskId === taskId);
    assert.deepEqual([task.name, task.entryPoint, task.completedRuns], ['run', './background.mjs#run', 1]);
    assert.match(
      await text('tasks', '--app', chat),
      new RegExp(
        `^${taskId.slice(0, 8)} +com\\.example\\.chat +run +parked socket +1 +0 .*ago +\\./background\\.mjs#run$`,
        'm',
      ),
    );
    assert.match(
      await text('tasks', 'show', taskId.slice(0, 8)),
      /^Runs: +1 ended well, 0 failed\n\nNewest runs:\nRUN/m,
    );

    const [run] = await home.json('tasks', 'runs', '--task', taskId.slice(0, 8), '--status', 'completed');
    const { log, orphaned } = await home.json('tasks', 'show', run.id);
    assert.deepEqual([log, orphaned], ['heard good evening\n', null]);
    const words = await text('tasks', 'show', run.id.slice(0, 8));
    assert.match(words, /^Started by: +data on room 1$/m);
    assert.match(words, /^What it wrote:\n {2}heard good evening\n$/m);
    assert.doesNotMatch(words, /^Why:/m);
  });

  test('a run that throws says what it threw, what it wrote and what to do; its socket says when it is woken again', async () => {
    const run = await app.overRun('thrown', 'throws');
    const words = await text('tasks', 'show', run.id);
    assert.match(words, /^Status: +failed$/m);
    assert.match(words, /^Why: +TypeError: no such room\.$/m);
    assert.match(words, /^What to do: +Mend what it threw/m);
    assert.match(words, /^ {2}about to throw$/m);
    assert.match(await text('tasks', 'runs', '--status', 'failed'), /^ +TypeError: no such room$/m);
    await waitFor('the socket to say why', async () => (await recordOf('thrown'))?.why ?? undefined, patience);
    assert.match(await text('sockets'), /^thrown .*\n {4}its task has failed/m);
    await remove('thrown');
  });

  test('a run that exits or kills its process says so', async () => {
    const [exits, dies] = await Promise.all([app.overRun('exited', 'exits'), app.overRun('died', 'dies')]);
    assert.match(await text('tasks', 'show', exits.id), /^Why: +.*process\.exit\(3\)/m);
    const words = await text('tasks', 'show', dies.id);
    assert.match(words, /^Why: +Its process ended before it was over: SIGKILL; it was tried 3 times\.$/m);
    assert.match(words, /^What to do: +See that nothing in it exits or crashes the process/m);
    assert.match(words, /^Error: +task-died$/m);
    await remove('exited', 'died');
  });

  test('a run that ends without handing its socket back says so, and the socket is orphaned (SB-35)', async () => {
    const run = await app.overRun('forgotten', 'forgets');
    await hasStatus('forgotten', 'orphaned');
    const words = await text('tasks', 'show', run.id);
    assert.match(words, /^Status: +completed$/m);
    assert.match(words, /^Why: +It ended without giving its socket "forgotten" back, so the connection was closed\.$/m);
    assert.match(words, /^What to do: +In the task, await "transferOwnership/m);
    assert.equal((await home.json('tasks', 'show', run.id)).orphaned.id, 'forgotten');
    const taskId = await app.taskOf('forgets');
    assert.match(await text('tasks', 'show', taskId), /^Its last run: +It ended without giving its socket/m);
    assert.match(await text('sockets', 'show', 'forgotten'), new RegExp(`^Why: +run ${run.id} ended without`, 'm'));
    assert.match(await text('sockets', '--status', 'orphaned'), /^forgotten .*orphaned/m);
  });

  test('cancel ends a run that heeds it; one that ignores it and one that keeps its process busy are killed and say so (TI-20)', async () => {
    const started = async (of: ParkedApp, name: 'heeds' | 'ignores' | 'spins') => {
      (await of.park(name, name)).write('hello');
      const hasBegun = name === 'spins' ? () => of.has('spinning') : ({ log }: RunDetails) => log.includes('waiting');
      return await of.runOf(name, run => run.status === 'running' && hasBegun(run));
    };
    const heeds = await started(app, 'heeds');
    assert.match(await text('tasks', 'runs', '--status', 'running'), /^\S+ +com\.example\.chat +heeds +running/m);
    const canceling = await home.json('tasks', 'cancel', heeds.id.slice(0, 8));
    assert.equal(canceling.id, heeds.id);
    const ended = await app.runOf('heeds', ({ status }) => status === 'canceled');
    assert.equal(ended.cancellationReason, 'abort');
    assert.match(
      await text('tasks', 'show', heeds.id),
      /^Why: +It was told to end and did: it was canceled on request/m,
    );
    await remove('heeds');

    const told = 'end within 5 s of being told to \\(abort\\), so that its process was killed';
    for (const [name, code, why] of [
      ['ignores', 'task-late', `It did not ${told}`],
      ['spins', 'task-stuck', `It kept its process busy and did not ${told}`],
    ] as const) {
      // Of its own, for a process of its own: after a pause the task of a run that has failed is woken again.
      await using own = await ParkedApp.open(home, `com.example.${name}`);
      const run = await started(own, name);
      await home.json('tasks', 'cancel', run.id);
      const failed = await own.runOf(name, ({ status }) => status === 'failed');
      assert.deepEqual([failed.id, failed.error?.code], [run.id, code]);
      assert.match(await text('tasks', 'show', run.id), new RegExp(`^Why: +${why}\\.$`, 'm'));
      await remove(name);
    }
    const rest: RunRecord[] = await home.json('tasks', 'cancel', '--all');
    assert.ok(rest.every(({ status }) => status === 'canceling' || isRunOver(status)));
  });

  test('of an id that two apps have the app says which one is meant', async () => {
    await using other = await ParkedApp.open(home, mail);
    const peer = await other.park('room 1', 'run');
    const ambiguous = await home.run(['sockets', 'show', '--json', 'room 1']);
    assert.equal(ambiguous.code, 2);
    assert.match(
      errorsOf(ambiguous)[0]?.message ?? '',
      /com\.example\.chat room 1, com\.example\.mail room 1; .*--app/,
    );
    assert.equal((await home.json('sockets', 'show', '--app', mail, 'room 1')).app, mail);
    const closed = once(peer, 'close');
    const removed = await home.json('sockets', 'remove', '--app', mail, 'room 1');
    assert.deepEqual([removed.app, removed.id], [mail, 'room 1']);
    await closed;
    assert.equal((await recordOf('room 1'))?.status, 'parked', 'that of the other app');
    assert.deepEqual(await home.json('sockets', '--app', mail), []);
  });

  test('remove --closed takes off what is over and leaves the living; --all ends them', async () => {
    const living = await app.park('living', 'run');
    const removed: SocketRecord[] = await home.json('sockets', 'remove', '--closed');
    assert.ok(removed.some(({ id }) => id === 'forgotten'));
    assert.ok(removed.every(({ status }) => status === 'orphaned' || status === 'closed'));
    assert.equal(await recordOf('forgotten'), undefined);
    assert.equal((await recordOf('living'))?.status, 'parked');
    const closed = once(living, 'close');
    assert.match(await text('sockets', 'remove', '--all'), /^Removed living of com\.example\.chat\.$/m);
    await closed;
    assert.deepEqual(await home.json('sockets'), []);
  });

  test('what nobody has is exit code 4; some of several is 5', async () => {
    await app.park('here', 'run');
    for (const [fix, ...args] of [
      ['longhaul sockets', 'sockets', 'show', 'nowhere'],
      ['longhaul sockets', 'sockets', 'remove', 'nowhere'],
      ['longhaul tasks', 'tasks', 'show', 'bbbb2222'],
      ['longhaul tasks runs', 'tasks', 'show', 'bbbb2222-0000-4000-8000-000000000000'],
      ['longhaul tasks runs', 'tasks', 'cancel', 'bbbb2222'],
      ['longhaul tasks', 'tasks', 'runs', '--task', 'bbbb2222'],
      ['longhaul app list', 'app', 'unregister', 'nobody'],
    ] as const) {
      const ended = await home.run([...args, '--json']);
      assert.deepEqual([ended.code, errorsOf(ended)[0]?.code, ended.stdout], [4, 'not-found', ''], args.join(' '));
      assert.equal(errorsOf(ended)[0]?.fix, `List what there is with "${fix}".`, args.join(' '));
    }
    const some = await home.run(['sockets', 'remove', '--json', 'nowhere', 'here']);
    assert.equal(some.code, 5);
    assert.deepEqual(
      some.json.map(({ id }: SocketRecord) => id),
      ['here'],
    );
    assert.equal(errorsOf(some)[0]?.about, 'nowhere');
  });

  test('what connects anew leaves the processes of tasks alone, registering the app again renews them', async () => {
    const peer = await app.park('renewed', 'run');
    const pidOf = async (word: string): Promise<number | null> => {
      peer.write(word);
      const isOf = ({ status, log }: RunDetails) => status === 'completed' && log.includes(word);
      return (await app.runOf('renewed', isOf)).pid;
    };
    const first = await pidOf('one');
    await using _ = await connectAgent({ manifest: home.file(`${chat}/app.json`), env: home.env });
    assert.equal(await pidOf('two'), first);
    await home.json('app', 'register', home.file(`${chat}/app.json`));
    assert.notEqual(await pidOf('three'), first);
    await remove('renewed');
  });

  test('on a terminal lines are as wide as it is', async () => {
    await app.park(`a-very-long-${'name-'.repeat(12)}of-a-room`, 'run');
    const { code, stdout } = await runShell(home, onTerminal('longhaul tasks runs'));
    assert.equal(code, 0);
    const lines = stdout.split(/\r?\n/).filter(line => !line.startsWith(' '));
    assert.ok(lines.length > 3 && lines.every(line => line.length <= 100), stdout);
  });
});
