// `longhaul sockets watch` and `longhaul tasks watch`: lines of JSON, lines of text over the death of the agent, a picture.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isSupportedHere } from '@longhaul/agent/kernel';
import type { RunRecord, SocketRecord, TaskRecord } from '@longhaul/agent-protocol';
import { CommandHome } from './command-home.ts';
import { ParkedApp } from './parked-app.ts';
import { onTerminal, runShell } from './shell.ts';

const chat = 'com.example.chat';

describe('watching sockets and tasks', { skip: isSupportedHere() ? false : 'needs Linux' }, () => {
  const left = new AsyncDisposableStack();
  let home: CommandHome;
  let app: ParkedApp;

  before(async () => {
    home = left.use(new CommandHome());
    app = left.use(await ParkedApp.open(home, chat));
  });
  after(() => left.disposeAsync());

  const linesOf = <Line>(text: string): Line[] => {
    const lines = text.split('\n').filter(Boolean);
    return lines.map(line => JSON.parse(line));
  };

  test('sockets watch --ndjson prints what there is, then a record for every change, and removals; Ctrl-C ends it with 0', async () => {
    await app.park('before', 'run');
    const { code, stdout, stderr } = await home.runWhile(
      ['sockets', 'watch', '--ndjson', '--app', chat],
      async ({ child, seen }) => {
        await seen('"before"');
        await app.park('room 1', 'run');
        await seen('"room 1"');
        await home.json('sockets', 'remove', 'room 1');
        await seen('"removed":true');
        child.kill('SIGINT');
      },
    );
    assert.deepEqual([code, stderr], [0, '']);
    const [first, ...later] = linesOf<Partial<SocketRecord>>(stdout);
    assert.deepEqual([first?.id, first?.status], ['before', 'parked']);
    assert.deepEqual(later.at(-1), { app: chat, id: 'room 1', removed: true });
    const none = await home.runWhile(['sockets', 'watch', '--app', 'other'], async ({ child, seen }) => {
      await seen('No sockets are parked.');
      child.kill('SIGTERM');
    });
    assert.deepEqual([none.code, none.stdout], [143, '']);
  });

  test('tasks watch --ndjson prints tasks, and their runs as they go', async () => {
    const { code, stdout } = await home.runWhile(['tasks', 'watch', '--ndjson'], async ({ child, seen }) => {
      await seen('"taskId"');
      const { id } = await app.overRun('woken', 'run');
      await seen(`"id":"${id}"`);
      await seen('"status":"completed"');
      child.kill('SIGINT');
    });
    assert.equal(code, 0);
    const lines = linesOf<TaskRecord | RunRecord>(stdout);
    assert.ok(lines.every(line => 'id' in line || line.entryPoint === './background.mjs#run'));
    assert.equal(lines.findLast(line => 'id' in line)?.name, 'run');
  });

  test('without a terminal there is a line for every change of status, over the death of the agent', async () => {
    const { code, stdout, stderr } = await home.runWhile(['sockets', 'watch'], async ({ child, seen }) => {
      await seen(`${chat} before: parked`);
      process.kill((await app.agent.getStatus()).pid, 'SIGKILL');
      await seen('The agent is back.');
      await home.json('sockets', 'remove', 'before');
      await seen(`${chat} before: removed`);
      child.kill('SIGINT');
    });
    assert.equal(code, 0);
    assert.equal(stderr, 'The agent is away; looking for it.\nThe agent is back.\n');
    assert.ok(!stdout.includes('\u001b'), 'no escape sequences');
    const tasks = await home.runWhile(['tasks', 'watch'], async ({ child, seen }) => {
      await seen(`${chat} run: registered`);
      const { id } = await app.overRun('thrown', 'throws');
      await seen(`${chat} throws ${id.slice(0, 8)}: failed, data on thrown: TypeError: no such room`);
      child.kill('SIGINT');
    });
    assert.equal(tasks.code, 0);
    await home.json('sockets', 'remove', '--all');
  });

  test('on a terminal there is a table, and the totals; a reader that goes away ends the watching', async () => {
    await app.park('seen', 'run');
    let isTyped = false;
    const { stdout } = await runShell(
      home,
      onTerminal('longhaul sockets watch; echo code $?'),
      {},
      (shown, keyboard) => {
        if (isTyped || !/seen +com\.example\.chat +stream +parked +[1-9]\d*s/.test(shown)) return;
        isTyped = true;
        keyboard.write('\u0003');
      },
    );
    assert.match(stdout, /1 parked/);
    assert.match(stdout, /code 0/);
    let hasEnded = false;
    const piped = 'set -o pipefail; longhaul sockets watch --ndjson | head -n 1 > /dev/null; echo $?';
    const ending = runShell(home, piped).finally(() => {
      hasEnded = true;
    });
    // It learns that its reader has gone from what it writes.
    for (let count = 0; !hasEnded && count < 500; count++) await app.park(`one more ${count}`, 'run');
    const ended = await ending;
    assert.deepEqual([ended.stdout, ended.stderr], ['0\n', '']);
  });
});
