// list, show, pause, resume, cancel, remove: by id, by the beginning of one, and all at once.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, beforeEach, test } from 'node:test';
import { BackgroundDownloader, connectAgent } from '@longhaul/client';
import { bodyOf, sha256, startOrigin } from '@longhaul/testing/origin';
import { CommandHome, errorsOf } from './command-home.ts';

const mebibyte = 1024 * 1024;
const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const home = left.use(new CommandHome());
const slow = left.use(await startOrigin(mebibyte));

beforeEach(async () => {
  await home.json('remove', '--all');
});

let names = 0;
const start = (size = 20 * mebibyte) => home.json('download', `${slow.url}/verb-${names++}?size=${size}`);
const flowing = async (id: string) => {
  // One command that waits for a while and says how far it is.
  for (;;) {
    const { json } = await home.run(['show', '--wait', '--timeout', '0.3', '--json', id]);
    if (json.bytesReceived > 0) return json;
  }
};

test('pause and resume by the beginning of an id; the file is whole in the end', async () => {
  const size = 20 * mebibyte;
  const { id, file } = await start(size);
  await flowing(id);
  const paused = await home.json('pause', id.slice(0, 6));
  assert.deepEqual([paused.id, paused.status], [id, 'paused-by-application']);
  assert.equal((await home.run(['pause', id])).code, 9, 'it is paused already');
  slow.bytesPerSecond = 20 * mebibyte;
  const resumed = await home.json('resume', '--wait', id);
  slow.bytesPerSecond = mebibyte;
  assert.equal(resumed.status, 'completed');
  assert.equal(sha256(readFileSync(file)), sha256(bodyOf(`verb-${names - 1}`, size)));
});

test('cancel takes away what was received; a second time it does nothing', async () => {
  const { id, file } = await start();
  await flowing(id);
  assert.equal((await home.json('cancel', id)).status, 'canceled');
  assert.equal((await home.json('cancel', id)).status, 'canceled');
  assert.equal(existsSync(file), false);
  const waited = await home.run(['show', '--wait', '--json', id]);
  assert.deepEqual([waited.code, errorsOf(waited)[0]?.code], [1, 'operation-canceled']);
});

test('remove takes it off the list, wherever it is in its life', async () => {
  const { id } = await start();
  assert.equal((await home.json('remove', id)).id, id);
  assert.deepEqual(await home.json('list'), []);
  const again = await home.run(['remove', '--json', id]);
  assert.deepEqual([again.code, errorsOf(again)[0]?.code], [4, 'not-found']);
});

test('--all pauses, resumes and cancels what there is to, and prints arrays', async () => {
  const ids = [(await start()).id, (await start()).id];
  const statuses = (records: { status: string }[]) => records.map(({ status }) => status);
  assert.deepEqual(statuses(await home.json('pause', '--all')), ['paused-by-application', 'paused-by-application']);
  assert.deepEqual(await home.json('pause', '--all'), [], 'nothing is left to pause');
  assert.equal((await home.json('resume', '--all')).length, 2);
  assert.deepEqual(statuses(await home.json('cancel', '--all')), ['canceled', 'canceled']);
  assert.deepEqual((await home.json('remove', '--finished')).map(({ id }: { id: string }) => id).sort(), ids.sort());
  assert.deepEqual(await home.json('remove', '--all'), []);
});

test('list shows what there is, and only some of it with --status', async () => {
  const { id } = await start();
  await home.json('pause', (await start()).id);
  assert.equal((await home.json('list')).length, 2);
  const paused = await home.json('list', '--status', 'paused-by-application,error');
  assert.equal(paused.length, 1);
  assert.notEqual(paused[0].id, id);
  const { stdout } = await home.run(['list']);
  const [head, ...lines] = stdout.split('\n');
  assert.match(head!, /^ID +STATUS +DONE +SIZE +RATE +LEFT +FILE$/);
  assert.ok(lines.some(line => line.startsWith(id.slice(0, 8))));
});

test('show prints every fact for people', async () => {
  const { id, file, url } = await start();
  const { stdout } = await home.run(['show', id]);
  assert.match(stdout, new RegExp(`^Id: +${id}$`, 'm'));
  assert.ok(stdout.includes(url) && stdout.includes(file));
});

test('an id nobody has is exit code 4; one that two have is a usage error that names both', async () => {
  const ids = ['aaaa1111-0000-4000-8000-000000000001', 'aaaa1111-0000-4000-8000-000000000002'];
  await using agent = await connectAgent({ env: home.env });
  const downloader = new BackgroundDownloader(agent);
  for (const id of ids) await downloader.createDownload(`${slow.url}/x?size=1`, home.file(id), { id });
  const ambiguous = await home.run(['show', '--json', 'aaaa']);
  assert.equal(ambiguous.code, 2);
  assert.ok(ids.every(id => errorsOf(ambiguous)[0]?.message.includes(id)));
  for (const verb of ['show', 'pause', 'resume', 'cancel', 'remove']) {
    const unknown = await home.run([verb, '--json', 'bbbb2222']);
    assert.deepEqual([unknown.code, errorsOf(unknown)[0]?.code, unknown.stdout], [4, 'not-found', ''], verb);
  }
  assert.equal((await home.run(['pause', '--json', ids[0]!])).code, 9, 'it was not started');
});

test('some of several ids fail: exit code 5, the others are done', async () => {
  const { id } = await start();
  const ended = await home.run(['cancel', '--json', 'bbbb2222', id]);
  assert.equal(ended.code, 5);
  assert.deepEqual(
    ended.json.map(({ status }: { status: string }) => status),
    ['canceled'],
  );
  assert.deepEqual(
    errorsOf(ended).map(({ code, about }) => [code, about]),
    [['not-found', 'bbbb2222']],
  );
});

test('a transfer of an app is seen and steered by the command', async () => {
  await using agent = await connectAgent({ app: 'com.example.film', env: home.env });
  const { id } = await new BackgroundDownloader(agent).createDownload(`${slow.url}/y?size=1`, home.file('y'));
  const [record] = await home.json('list');
  assert.deepEqual([record.id, record.app], [id, 'com.example.film']);
  assert.match((await home.run(['list'])).stdout, /^ID +APP +STATUS/);
  await home.json('cancel', id);
  assert.equal((await agent.transfers.get(id)).status, 'canceled');
});
