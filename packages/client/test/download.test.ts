// DownloadOperation and BackgroundDownloader against a real agent and a real origin (rows BT-16, BT-30 to BT-36, BT-50 to BT-77).
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import {
  type Agent,
  BackgroundDownloader,
  type DownloadProgress,
  type ErrorCode,
  type LonghaulError,
} from '@longhaul/client';
import { bodyOf, sha256, startOrigin } from '@longhaul/testing/origin';
import { AgentHome } from './agent-home.ts';

const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const home = left.use(new AgentHome());
const fast = left.use(await startOrigin(400 * 1024 * 1024));
const slow = left.use(await startOrigin(1024 * 1024));
const agent: Agent = left.use(await home.connect({ app: 'com.example.downloads' }));

const downloader = new BackgroundDownloader(agent);
const rejects = (code: ErrorCode, promise: Promise<unknown>) =>
  assert.rejects(promise, (error: LonghaulError) => {
    assert.equal(error.code, code, `${error}`);
    return true;
  });
const mebibyte = 1024 * 1024;
const endless = (name: string) => `${slow.url}/${name}?size=${50 * mebibyte}`;

test('a download is idle until it is started, then arrives whole (BT-31, BT-50)', async () => {
  const download = await downloader.createDownload(`${fast.url}/whole?size=${3 * mebibyte}`, home.file('whole'));
  assert.equal(download.status, 'idle');
  assert.equal(download.record.isStarted, false);
  assert.equal(download.getResponseInformation(), null);
  const record = await download.start();
  assert.equal(record.status, 'completed');
  assert.equal(sha256(readFileSync(home.file('whole'))), sha256(bodyOf('whole', 3 * mebibyte)));
  assert.deepEqual(download.getResponseInformation(), {
    actualUri: `${fast.url}/whole?size=${3 * mebibyte}`,
    statusCode: 200,
    isResumable: true,
  });
  assert.equal(download.resultFile, home.file('whole'));
});

test('progress comes as frozen snapshots that grow to the end (BT-70 to BT-77)', async () => {
  const size = 1.5 * mebibyte;
  const download = await downloader.createDownload(`${slow.url}/progress?size=${size}`, home.file('progress'));
  const seen: DownloadProgress[] = [];
  await download.start({ onProgress: progress => void seen.push(progress) });
  assert.ok(seen.length >= 3, `${seen.length} snapshots in a second and a half`);
  assert.ok(seen.every(Object.isFrozen));
  const bytes = seen.map(progress => progress.bytesReceived);
  assert.deepEqual(
    bytes,
    [...bytes].sort((a, b) => a - b),
  );
  assert.ok(seen.some(progress => progress.status === 'running' && progress.totalBytesToReceive === size));
  assert.deepEqual(
    { ...seen.at(-1), hasResponseChanged: false },
    {
      bytesReceived: size,
      totalBytesToReceive: size,
      bytesPerSecond: 0,
      status: 'completed',
      reason: null,
      hasResponseChanged: false,
      hasRestarted: false,
    },
  );
});

test('a download of an earlier connection is found and attached to (BT-16, BT-51, BT-53)', async () => {
  await using first = await home.connect({ app: 'com.example.sessions' });
  const created = await new BackgroundDownloader(first).createDownload(
    `${slow.url}/session?size=${mebibyte}`,
    home.file('session'),
    { start: true },
  );
  await first[Symbol.asyncDispose]();
  await using second = await home.connect({ app: 'com.example.sessions' });
  const [found, ...others] = await BackgroundDownloader.currentDownloads(second);
  assert.deepEqual([found?.id, found?.guid, others.length], [created.id, created.id, 0]);
  assert.equal((await found!.attach()).status, 'completed');
  await using third = await home.connect({ app: 'com.example.sessions' });
  const [ended] = await BackgroundDownloader.currentDownloads(third);
  assert.equal((await ended!.attach()).status, 'completed', 'what ended while the app was away is told at once');
});

test('pause keeps what was received, resume goes on from there (BT-54, BT-55)', async () => {
  const size = 2 * mebibyte;
  const download = await downloader.createDownload(`${slow.url}/pause?size=${size}`, home.file('pause'));
  await rejects('illegal-state', download.pause());
  const { promise: flowing, resolve } = Promise.withResolvers<void>();
  const ended = download.start({ onProgress: ({ bytesReceived }) => bytesReceived > size / 4 && resolve() });
  await flowing;
  const paused = await download.pause();
  assert.equal(paused.status, 'paused-by-application');
  await rejects('illegal-state', download.pause());
  const before = slow.resumed;
  await download.resume();
  assert.equal((await ended).status, 'completed');
  assert.ok(slow.resumed > before);
  assert.equal(sha256(readFileSync(home.file('pause'))), sha256(bodyOf('pause', size)));
});

test('cancel ends the promise with operation-canceled, a second time it does nothing (BT-52)', async () => {
  const download = await downloader.createDownload(endless('cancel'), home.file('cancel'));
  const ended = download.start();
  const rejected = rejects('operation-canceled', ended);
  await download.cancel();
  await rejected;
  assert.equal((await download.cancel()).status, 'canceled');
});

test('aborting the signal of start() cancels the transfer (BT-52)', async () => {
  const download = await downloader.createDownload(endless('abort'), home.file('abort'));
  const abort = new AbortController();
  const ended = download.start({
    signal: abort.signal,
    onProgress: progress => progress.bytesReceived > 0 && abort.abort(),
  });
  await assert.rejects(
    ended,
    (error: LonghaulError) => error.code === 'operation-canceled' && error.cause === abort.signal.reason,
  );
  assert.equal((await download.refresh()).status, 'canceled');
});

test('a signal that was aborted before start() leaves the download as it is', async () => {
  const download = await downloader.createDownload(endless('never'), home.file('never'));
  await rejects('operation-canceled', download.start({ signal: AbortSignal.abort() }));
  assert.equal((await download.refresh()).isStarted, false);
  await download.remove();
});

test('removing an unfinished one ends whoever follows it, and it is in no list any more', async () => {
  const download = await downloader.createDownload(endless('remove'), home.file('remove'));
  const { promise: flowing, resolve } = Promise.withResolvers<void>();
  const ended = download.start({ onProgress: ({ status }) => status === 'running' && resolve() });
  // It is canceled before it goes, and whoever follows may hear of either.
  const rejected = assert.rejects(ended, ({ code }: LonghaulError) =>
    ['operation-canceled', 'not-found'].includes(code),
  );
  await flowing;
  const found = (await BackgroundDownloader.currentDownloads(agent)).find(({ id }) => id === download.id);
  await found!.remove();
  await rejected;
  await rejects('not-found', download.refresh());
});

test('a failed transfer rejects with its code and the web error status (BT-62)', async () => {
  const server = createServer((_, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  try {
    const download = await downloader.createDownload(`http://127.0.0.1:${port}/gone`, home.file('gone'));
    await assert.rejects(download.start(), (error: LonghaulError) => {
      assert.equal(error.code, 'web-error');
      assert.equal(error.data?.webErrorStatus, 'http-404');
      return true;
    });
    assert.equal(download.currentWebErrorStatus, 'http-404');
  } finally {
    server.close();
  }
});

test('headers are sent, and the same one set again is concatenated (BT-30, BT-35)', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<Record<string, unknown>>();
  const server = createServer((request, response) => {
    resolve(request.headers);
    response.end('x');
  }).listen(0, '127.0.0.1');
  await new Promise(done => server.once('listening', done));
  const { port } = server.address() as { port: number };
  try {
    const own = new BackgroundDownloader(agent, { headers: { 'X-Film': 'one' } });
    own.setRequestHeader('x-film', 'two');
    const download = await own.createDownload(`http://127.0.0.1:${port}/`, home.file('headers'));
    own.setRequestHeader('X-Late', 'changes no operation that exists');
    await download.start();
    const headers = await asked;
    assert.equal(headers['x-film'], 'one, two');
    assert.equal(headers['x-late'], undefined);
  } finally {
    server.close();
  }
});

test('collision: fail, unique-name, replace (BT-32)', async () => {
  writeFileSync(home.file('taken.bin'), 'mine');
  const url = `${fast.url}/taken?size=1000`;
  await rejects('target-exists', downloader.createDownload(url, home.file('taken.bin')));
  const unique = await downloader.createDownload(url, home.file('taken.bin'), { collision: 'unique-name' });
  const record = await unique.start();
  assert.notEqual(record.file, home.file('taken.bin'));
  assert.equal(unique.file, record.file);
  assert.equal(readFileSync(home.file('taken.bin'), 'utf8'), 'mine');
  const replacer = new BackgroundDownloader(agent, { collision: 'replace' });
  await (await replacer.createDownload(url, home.file('taken.bin'))).start();
  assert.deepEqual(readFileSync(home.file('taken.bin')), bodyOf('taken', 1000));
});

test('asking again with the same id creates nothing twice; another request under it is refused', async () => {
  const id = randomUUID();
  const url = `${fast.url}/twice?size=1000`;
  const first = await downloader.createDownload(url, home.file('twice'), { id });
  const second = await downloader.createDownload(url, home.file('twice'), { id });
  assert.equal(first.id, second.id);
  await rejects('already-exists', downloader.createDownload(url, home.file('other'), { id }));
  assert.equal((await agent.transfers.list()).filter(record => record.id === id).length, 1);
});

test('wrong arguments are refused by name before anything is made', async () => {
  const before = (await agent.transfers.list()).length;
  await rejects('invalid-url', downloader.createDownload('film.mp4', home.file('a')));
  await rejects('unsupported-scheme', downloader.createDownload('file:///etc/passwd', home.file('a')));
  await rejects('invalid-argument', downloader.createDownload(fast.url, ''));
  await rejects('invalid-argument', downloader.createDownload(fast.url, home.file('a'), { id: 'mine' }));
  await rejects(
    'invalid-argument',
    downloader.createDownload(fast.url, home.file('a'), { collision: 'overwrite' as never }),
  );
  await rejects(
    'target-folder-missing',
    downloader.createDownload(`${fast.url}/a?size=1`, home.file('no/such/folder')),
  );
  mkdirSync(home.file('folder'));
  await assert.rejects(downloader.createDownload(`${fast.url}/a?size=1`, home.file('folder')));
  assert.throws(() => new BackgroundDownloader(agent, { headers: { 'a b': 'c' } }), { code: 'invalid-header' });
  await rejects('invalid-argument', home.connect({ app: '../owner' }));
  assert.equal((await agent.transfers.list()).length, before);
});

test('a rate limit is given with the download, changed while it runs and taken away', async () => {
  const limited = new BackgroundDownloader(agent, { maxBytesPerSecond: 64 * 1024 });
  const size = 3 * mebibyte;
  const download = await limited.createDownload(`${fast.url}/limited?size=${size}`, home.file('limited'));
  assert.equal(download.record.maxBytesPerSecond, 64 * 1024);
  const ended = download.start();
  assert.equal((await download.setMaxBytesPerSecond(128 * 1024)).maxBytesPerSecond, 128 * 1024);
  await rejects('invalid-argument', download.setMaxBytesPerSecond(1_000));
  assert.equal((await download.refresh()).maxBytesPerSecond, 128 * 1024);
  await download.setMaxBytesPerSecond(null);
  assert.equal((await ended).bytesReceived, size);
  assert.throws(() => new BackgroundDownloader(agent, { maxBytesPerSecond: 0 }), { code: 'invalid-argument' });
});

test("the limit for all is the owner's to set, and everybody's to read", async () => {
  await using owner = await home.connect();
  const set = { maxBytesPerSecond: 50 * mebibyte, maxActive: 16 };
  assert.deepEqual(await owner.transfers.setLimits({ maxBytesPerSecond: 50 * mebibyte }), set);
  assert.deepEqual(await agent.transfers.getLimits(), set);
  await rejects('access-denied', agent.transfers.setLimits({ maxBytesPerSecond: null }));
  await rejects('invalid-argument', owner.transfers.setLimits({ maxActive: 0 }));
  assert.deepEqual(await owner.transfers.setLimits({ maxActive: 2 }), { ...set, maxActive: 2 });
  const limits = { maxBytesPerSecond: null, maxActive: 16 };
  assert.deepEqual(await owner.transfers.setLimits(limits), limits);
});

test('canceled or failed, it can be retried; all that runs is canceled and all that ended removed at once', async () => {
  await using agent = await home.connect({ app: 'com.example.again' });
  const downloader = new BackgroundDownloader(agent);
  const download = await downloader.createDownload(`${fast.url}/again?size=1000`, home.file('again'));
  await rejects('illegal-state', download.retry());
  await download.cancel();
  const again = await download.retry();
  assert.deepEqual([again.id, again.isStarted], [download.id, true]);
  assert.equal((await download.attach()).status, 'completed');
  await downloader.createDownload(endless('all'), home.file('all'), { start: true });
  assert.equal(await agent.transfers.cancelAll(), 1);
  assert.equal(await agent.transfers.removeFinished(), 2);
  assert.deepEqual(await agent.transfers.list(), []);
});

test('details say what was received, what failed and how fast it was (BT-66)', async () => {
  const download = await downloader.createDownload(endless('details'), home.file('details'));
  assert.deepEqual(await download.getDownloadedRanges(), []);
  const ended = download.start();
  ended.catch(() => {});
  let ranges = await download.getDownloadedRanges();
  while (ranges.length === 0) ranges = await download.getDownloadedRanges();
  assert.equal(ranges[0]?.offset, 0);
  assert.ok(ranges.length === 1 && ranges[0].length > 0);
  assert.deepEqual((await download.getDetails()).attempts, []);
  await download.cancel();
  await rejects('operation-canceled', ended);
});

test('a checksum is compared: the right one is verified, a wrong one leaves no file', async () => {
  const url = `${fast.url}/checked?size=1000`;
  const expected = sha256(bodyOf('checked', 1000)).toUpperCase();
  const good = await downloader.createDownload(url, home.file('good'), {
    checksum: { algorithm: 'sha-256', expected },
  });
  assert.equal((await good.start()).checksum?.isVerified, true);
  const checksum = { algorithm: 'sha-512', expected: 'ab'.repeat(64) } as const;
  const bad = await downloader.createDownload(url, home.file('bad'), { checksum });
  await rejects('integrity-failure', bad.start());
  assert.throws(() => readFileSync(home.file('bad')), { code: 'ENOENT' });
  const short = { algorithm: 'sha-512', expected } as const;
  await rejects('invalid-argument', downloader.createDownload(url, home.file('bad'), { checksum: short }));
});

test('an app sees its own transfers only, the owner sees all', async () => {
  await using other = await home.connect({ app: 'com.example.other', appName: 'Another app' });
  const mine = await downloader.createDownload(endless('scope'), home.file('scope'));
  assert.deepEqual(await other.transfers.list(), []);
  await rejects('not-found', other.transfers.cancel(mine.id));
  await rejects('access-denied', other.listApps());
  await using owner = await home.connect();
  assert.ok(
    (await owner.transfers.list()).some(record => record.id === mine.id && record.app === 'com.example.downloads'),
  );
  assert.equal((await owner.listApps()).find(app => app.id === 'com.example.other')?.name, 'Another app');
});

test('what a progress handler throws rejects the promise, and the transfer goes on', async () => {
  const download = await downloader.createDownload(`${slow.url}/throws?size=${mebibyte / 2}`, home.file('throws'));
  const mistake = new TypeError('a mistake in the app');
  await assert.rejects(
    download.start({
      onProgress: () => {
        throw mistake;
      },
    }),
    error => error === mistake,
  );
  assert.equal((await download.attach()).status, 'completed');
});

test('two that follow the same download both hear its end', async () => {
  const download = await downloader.createDownload(`${slow.url}/both?size=${mebibyte / 4}`, home.file('both'));
  const [one, two] = await Promise.all([download.start(), download.attach()]);
  assert.equal(one.revision, two.revision);
});
