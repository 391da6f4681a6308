// `longhaul download`, with and without --wait, against a real agent and origin.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { after, test } from 'node:test';
import { findAgent } from '@longhaul/agent/launch';
import { bodyOf, sha256, startOrigin } from '@longhaul/testing/origin';
import { CommandHome, errorsOf } from './command-home.ts';

const mebibyte = 1024 * 1024;
const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const home = left.use(new CommandHome());
const fast = left.use(await startOrigin(400 * mebibyte));
const slow = left.use(await startOrigin(mebibyte));
let asked: IncomingHttpHeaders = {};
const odd = createServer((request, response) => {
  asked = request.headers;
  if (request.url === '/gone') response.writeHead(410).end();
  else response.end('x');
});
left.defer(() => void odd.close());
odd.listen(0, '127.0.0.1');
await new Promise(resolve => odd.once('listening', resolve));
const oddUrl = `http://127.0.0.1:${(odd.address() as { port: number }).port}`;

test('download --wait --json prints one record when the whole file is there', async () => {
  const ended = await home.run(['download', '--wait', '--json', `${fast.url}/film.mp4?size=${3 * mebibyte}`]);
  assert.equal(ended.code, 0, ended.stderr);
  const record = ended.json;
  assert.equal(record.status, 'completed');
  assert.equal(record.kind, 'download');
  assert.equal(record.file, home.file('film.mp4'));
  assert.equal(record.bytesReceived, 3 * mebibyte);
  for (const name of ['id', 'url', 'totalBytesToReceive', 'bytesSent', 'totalBytesToSend', 'error', 'reason']) {
    assert.ok(name in record, name);
  }
  assert.equal(sha256(readFileSync(home.file('film.mp4'))), sha256(bodyOf('film.mp4', 3 * mebibyte)));
});

test('download returns once it is durable; a later command waits for the same one, by the beginning of its id', async () => {
  const size = 2 * mebibyte;
  const record = await home.json('download', `${slow.url}/later.bin?size=${size}`);
  assert.notEqual(record.status, 'completed');
  const shown = await home.json('show', '--wait', record.id.slice(0, 8));
  assert.deepEqual([shown.id, shown.status], [record.id, 'completed']);
  assert.equal(sha256(readFileSync(home.file('later.bin'))), sha256(bodyOf('later.bin', size)));
  assert.ok(
    (await home.json('list')).some(({ id }: { id: string }) => id === record.id),
    'until it is removed',
  );
});

test('for people: the id and the file on stdout, what to do next on stderr', async () => {
  const ended = await home.run(['download', `${fast.url}/people.bin?size=10`]);
  assert.match(ended.stdout, /^[0-9a-f-]{36} {2}\/.*\/people\.bin\n$/);
  assert.match(ended.stderr, /longhaul show [0-9a-f]/);
  const quiet = await home.run(['download', '-q', `${fast.url}/quiet.bin?size=10`]);
  assert.equal(quiet.stderr, '');
});

test('several URLs go into one folder, and --json prints an array', async () => {
  mkdirSync(home.file('many'));
  const records = await home.json(
    'download',
    '-w',
    '-d',
    'many',
    `${fast.url}/a.bin?size=10`,
    `${fast.url}/b.bin?size=20`,
  );
  assert.deepEqual(
    records.map(({ file, status }: { file: string; status: string }) => [file, status]),
    [
      [home.file('many/a.bin'), 'completed'],
      [home.file('many/b.bin'), 'completed'],
    ],
  );
});

test('a name that a URL gives never leaves the folder', async () => {
  const record = await home.json('download', '--wait', `${fast.url}/..%2f..%2f.profile?size=10`);
  assert.equal(record.file, home.file('profile'));
});

test('an existing target: exit code 9, or another name, or in its place', async () => {
  writeFileSync(home.file('taken.bin'), 'mine');
  const url = `${fast.url}/taken.bin?size=1000`;
  const refused = await home.run(['download', '--json', url]);
  assert.equal(refused.code, 9);
  assert.deepEqual(
    errorsOf(refused).map(({ code }) => code),
    ['target-exists'],
  );
  assert.equal(refused.stdout, '');
  const unique = await home.json('download', '--wait', '--collision', 'unique-name', url);
  assert.notEqual(unique.file, home.file('taken.bin'));
  assert.equal(readFileSync(home.file('taken.bin'), 'utf8'), 'mine');
  await home.json('download', '--wait', '--collision', 'replace', url);
  assert.deepEqual(readFileSync(home.file('taken.bin')), bodyOf('taken.bin', 1000));
});

test('headers come from arguments, files, stdin and the environment', async () => {
  writeFileSync(home.file('headers'), '# of the site\nX-File: from a file\n');
  const ended = await home.run(
    [
      'download',
      '-w',
      '-o',
      'h1',
      '-H',
      'X-Argument: one: two',
      '--header-file',
      'headers',
      '--header-file',
      '-',
      oddUrl,
    ],
    { input: 'X-Stdin: from stdin\n', env: { LONGHAUL_HEADERS: 'X-Environment: from there' } },
  );
  assert.equal(ended.code, 0, ended.stderr);
  assert.equal(asked['x-argument'], 'one: two');
  assert.equal(asked['x-file'], 'from a file');
  assert.equal(asked['x-stdin'], 'from stdin');
  assert.equal(asked['x-environment'], 'from there');
});

test('a secret in the arguments is warned of, and headers of the environment do not reach the agent', async () => {
  await home.run(['agent', 'stop']);
  const ended = await home.run(['download', '-w', '-o', 'h2', '-H', 'Authorization: Bearer abc', oddUrl], {
    env: { LONGHAUL_HEADERS: 'X-Secret: 12345' },
  });
  assert.equal(ended.code, 0);
  assert.match(ended.stderr, /--header-file/);
  assert.ok(!ended.stderr.includes('abc'), 'the value is not repeated');
  const { pid, keeperPid } = await home.json('agent', 'status');
  for (const process_ of [pid, keeperPid]) {
    assert.ok(!readFileSync(`/proc/${process_}/environ`, 'utf8').includes('12345'));
  }
});

test('a transfer that fails: its exit code, the record on stdout, the error on stderr', async () => {
  const ended = await home.run(['download', '--wait', '--json', `${oddUrl}/gone`]);
  assert.equal(ended.code, 1);
  assert.equal(ended.json.status, 'error');
  assert.equal(ended.json.error.webErrorStatus, 'http-410');
  const [error, ...others] = errorsOf(ended);
  assert.equal(error?.code, 'web-error');
  assert.ok(error?.message && error.fix && others.length === 0);
  const people = await home.run(['download', '--wait', '-o', 'gone2', `${oddUrl}/gone`]);
  assert.equal(people.code, 1);
  assert.equal(people.stdout, '', 'no file, no name of one');
  assert.match(people.stderr, /longhaul: .*410.* \[web-error\]/);
});

test('some of several fail: exit code 5, and the others are there', async () => {
  const ended = await home.run([
    'download',
    '-w',
    '--json',
    '-d',
    'many',
    `${fast.url}/c.bin?size=10`,
    `${oddUrl}/gone`,
  ]);
  assert.equal(ended.code, 5);
  assert.deepEqual(
    ended.json.map(({ status }: { status: string }) => status),
    ['completed', 'error'],
  );
  assert.equal(errorsOf(ended)[0]?.about, ended.json[1].id);
});

test('--timeout gives up waiting with exit code 28, and the transfer goes on', async () => {
  const ended = await home.run([
    'download',
    '--wait',
    '--timeout',
    '0.5',
    '--json',
    `${slow.url}/patience?size=${20 * mebibyte}`,
  ]);
  assert.equal(ended.code, 28);
  assert.equal(errorsOf(ended)[0]?.code, 'wait-timeout');
  const { status } = await home.json('show', ended.json.id);
  assert.ok(status === 'running' || status === 'idle', status);
  await home.json('remove', ended.json.id);
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} during --wait ends the command with ${code}, says that the transfer goes on, and it does`, async () => {
    const ended = await home.run(['download', '--wait', '--json', `${slow.url}/${signal}?size=${20 * mebibyte}`], {
      // The first plain line says that waiting has begun.
      running: child => void child.stderr!.once('data', () => child.kill(signal)),
    });
    assert.equal(ended.code, code);
    assert.match(ended.stderr, /goes on in the background/);
    const { status } = await home.json('show', ended.json.id);
    assert.ok(status === 'running' || status === 'idle', status);
    await home.json('remove', ended.json.id);
  });
}

test('without a terminal --wait writes plain lines; with -q nothing', async () => {
  const plain = await home.run(['download', '--wait', `${fast.url}/plain.bin?size=${mebibyte}`]);
  assert.match(plain.stderr, /plain\.bin: completed, 100%, 1\.00 MiB of 1\.00 MiB\n$/);
  assert.ok(!plain.stderr.includes('\u001b'), 'no escape sequences');
  assert.equal(plain.stdout, `${home.file('plain.bin')}\n`);
  const quiet = await home.run(['download', '--wait', '-q', `${fast.url}/quiet2.bin?size=10`]);
  assert.equal(quiet.stderr, '');
});

test('what is not a URL to download is exit code 2, and starts no agent', async () => {
  await home.run(['agent', 'stop']);
  const notUrl = await home.run(['download', '--json', 'film.mp4']);
  assert.deepEqual([notUrl.code, errorsOf(notUrl)[0]?.code, notUrl.stdout], [2, 'invalid-url', '']);
  const file = await home.run(['download', '--json', 'file:///etc/passwd']);
  assert.deepEqual([file.code, errorsOf(file)[0]?.code, file.stdout], [2, 'unsupported-scheme', '']);
  assert.equal(await findAgent({ env: home.env }), undefined);
});

test('targets that cannot be written are refused with their codes, and the agent lives on', async () => {
  const url = `${fast.url}/x?size=10`;
  const missing = await home.run(['download', '--json', '-o', 'no/such/folder/x', url]);
  assert.deepEqual([missing.code, errorsOf(missing)[0]?.code], [4, 'target-folder-missing']);
  const folder = await home.run(['download', '--json', '-o', 'many', url]);
  assert.equal(folder.code, errorsOf(folder)[0]?.code === 'target-exists' ? 9 : 6, folder.stderr);
  // Nobody may create files there, not even root.
  const closed = await home.run(['download', '--json', '-o', '/proc/sys/x', url]);
  assert.deepEqual([closed.code, errorsOf(closed)[0]?.code], [6, 'target-not-writable']);
  assert.equal((await home.run(['agent', 'status'])).code, 0);
});
