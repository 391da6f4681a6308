// `longhaul watch`: a picture on a terminal, lines elsewhere, JSON lines for programs; over the death of the agent.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, beforeEach, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { startOrigin } from '@longhaul/testing/origin';
import { CommandHome, errorsOf, type Meanwhile } from './command-home.ts';
import { onTerminal, runShell } from './shell.ts';

const mebibyte = 1024 * 1024;
const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const home = left.use(new CommandHome());
const slow = left.use(await startOrigin(mebibyte));

beforeEach(async () => {
  await home.json('remove', '--all');
});

const start = (name: string, size = 20 * mebibyte) => home.json('download', `${slow.url}/${name}?size=${size}`);
const linesOf = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line));

const watch = (args: string[], meanwhile: Meanwhile) => home.runWhile(['watch', ...args], meanwhile);

test('--ndjson prints what there is, then a line for every change and removal; Ctrl-C ends it with 0', async () => {
  const old = await start('old', 1000);
  await home.json('show', '--wait', old.id);
  const live = await start('live');
  const { code, stdout, stderr } = await watch(['--ndjson'], async ({ child, seen }) => {
    await seen(`"${live.id}"`);
    const late = await start('late');
    await seen(`"${late.id}"`);
    await home.json('pause', late.id);
    await seen('"paused-by-application"');
    await home.json('remove', late.id);
    await seen('"removed":true');
    child.kill('SIGINT');
  });
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  const [first, second, ...later] = linesOf(stdout);
  assert.deepEqual([first.id, first.status, second.id], [old.id, 'completed', live.id]);
  const removal = later.findLast(({ removed }) => removed);
  const revisions = later.filter(({ id }) => id === live.id).map(({ revision }) => revision);
  assert.deepEqual(
    revisions.toSorted((a, b) => a - b),
    revisions,
  );
  assert.deepEqual(Object.keys(removal), ['id', 'removed']);
  assert.equal((await home.json('show', live.id)).status, 'running', 'the transfer never noticed');
});

test('without a terminal there is a line for every change of status; --until-done ends with 5 when some failed', async () => {
  const whole = await start('whole', mebibyte / 2);
  const failed = await home.json('download', `${slow.url}/missing`);
  const { code, stdout, stderr } = await home.run(['watch', '--until-done']);
  assert.equal(code, 5, stderr);
  assert.match(stdout, /whole: completed, 100%, 512 KiB of 512 KiB\n/);
  assert.match(stdout, /missing: failed \(.*404.*\)/);
  assert.ok(!stdout.includes('\u001b'), 'no escape sequences');
  const named = await home.run(['watch', '--until-done', '--json', failed.id.slice(0, 8)]);
  assert.equal(named.code, 1, 'one that was named has its own code');
  assert.ok(linesOf(named.stdout).every(({ id }) => id === failed.id));
  assert.deepEqual(
    errorsOf(named).map(({ code, about }) => [code, about]),
    [['web-error', failed.id]],
  );
  assert.equal((await home.run(['watch', '--until-done', whole.id])).code, 0);
});

test('Ctrl-C before the end that --until-done waits for is exit code 130, SIGTERM always 143', async () => {
  const { file } = await start('unfinished');
  const interrupted = await watch(['--until-done'], async ({ child, seen }) => {
    await seen(file);
    child.kill('SIGINT');
  });
  assert.equal(interrupted.code, 130);
  assert.match(interrupted.stderr, /goes on in the background/);
  const terminated = await watch([], async ({ child, seen }) => {
    await seen(file);
    child.kill('SIGTERM');
  });
  assert.equal(terminated.code, 143);
});

test('an id that no transfer has is exit code 4', async () => {
  const { code, stdout, stderr } = await home.run(['watch', '--ndjson', 'abcdef']);
  assert.deepEqual([code, stdout], [4, '']);
  assert.equal(JSON.parse(stderr).error.code, 'not-found');
});

test('the agent dies while it is watched: it says so, finds the next one, and sees the end', async () => {
  const { file } = await start('survivor', 3 * mebibyte);
  const { pid } = await home.json('agent', 'status');
  const { code, stdout, stderr } = await watch(['--until-done'], async ({ seen }) => {
    await seen(`${file}: running`);
    process.kill(pid, 'SIGKILL');
  });
  assert.equal(code, 0, stderr);
  assert.equal(stderr, 'The agent is away; looking for it.\nThe agent is back.\n');
  assert.match(stdout, /survivor: completed, 100%/);
  assert.notEqual((await home.json('agent', 'status')).pid, pid);
});

test('the agent is restarted on purpose while it is watched: the same', async () => {
  const { id, file } = await start('restarted');
  const { code, stdout, stderr } = await watch([], async ({ child, seen }) => {
    await seen(`${file}: running`);
    await home.json('agent', 'restart');
    await seen('The agent is back.');
    await home.json('pause', id);
    await seen(`${file}: paused`);
    child.kill('SIGINT');
  });
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^The agent is away; looking for it\.\nThe agent is back\.\n/);
  assert.match(stdout, /restarted: paused/);
});

test('a reader that goes away ends the watching', async () => {
  await start('piped');
  const { stdout, stderr } = await runShell(
    home,
    'set -o pipefail; longhaul watch --ndjson | head -n 1 > /dev/null; echo $?',
  );
  assert.deepEqual([stdout, stderr], ['0\n', '']);
});

test('on a terminal there is a row with a bar for each, and the totals; Ctrl-C ends it with 0 and leaves them running', async () => {
  const { id } = await start('picture.bin');
  await start('small.bin', 1000);
  let isTyped = false;
  const { stdout } = await runShell(home, onTerminal('longhaul watch; echo code $?'), {}, (shown, keyboard) => {
    if (isTyped || !/picture\.bin .*\d+%.*running/.test(shown) || !shown.includes('1 completed')) return;
    isTyped = true;
    keyboard.write('\u0003');
  });
  assert.match(stdout, /picture\.bin +█*[▏▎▍▌▋▊▉]?░+ +\d+% +20\.0 MiB +[\d.]+ [KM]iB\/s +\S.* {2}running/);
  assert.match(stdout, /1 running, 1 completed/);
  assert.match(stdout, /code 0/);
  assert.ok(stdout.includes('\u001b[?25h'), 'the cursor is back');
  assert.equal((await home.json('show', id)).status, 'running');
});

test('a terminal that is made smaller is painted anew within its new bounds', async () => {
  await start(`${'long-name-'.repeat(6)}.bin`);
  for (let index = 0; index < 9; index++) await start(`small-${index}.bin`, 1000);
  const fifo = home.file('resize');
  // Another process of the terminal makes it smaller, as a window manager would: the kernel sends SIGWINCH.
  const resizer = `(read go < ${fifo}; stty cols 50 rows 8 < /dev/tty) &`;
  let sizedAt = -1;
  let isTyped = false;
  const line = onTerminal(`mkfifo ${fifo}; ${resizer} longhaul watch; echo code $?`);
  const { stdout } = await runShell(home, line, {}, (shown, keyboard) => {
    if (sizedAt < 0 && /\d+%.*running/.test(shown) && shown.includes('9 completed')) {
      sizedAt = shown.length;
      writeFileSync(fifo, 'go\n');
    }
    if (sizedAt < 0 || isTyped || !/\+\d more/.test(shown.slice(sizedAt))) return;
    isTyped = true;
    keyboard.write('\u0003');
  });
  const widths = (text: string) =>
    stripVTControlCharacters(text)
      .split(/[\r\n]+/)
      .map(part => part.length);
  // Behind the picture stands what Ctrl-C says.
  const repainted = stdout.slice(stdout.indexOf('\u001b[J', sizedAt)).split('It goes on')[0]!;
  assert.ok(
    widths(stdout.slice(0, sizedAt)).some(width => width > 50),
    'the test shows nothing otherwise',
  );
  assert.ok(
    widths(repainted).every(width => width < 50),
    repainted,
  );
  assert.match(repainted, /\+\d more/);
  assert.match(stdout, /code 0/);
});
