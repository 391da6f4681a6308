// What an app notices of the death of the agent and of its keeper: nothing but a pause. And what it notices of a stop.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, test } from 'node:test';
import { findAgent } from '@longhaul/agent/launch';
import { type Agent, BackgroundDownloader, type DownloadOperation, type LonghaulError } from '@longhaul/client';
import { waitFor } from '@longhaul/testing';
import { bodyOf, type Origin, sha256, startOrigin } from '@longhaul/testing/origin';
import { AgentHome } from './agent-home.ts';

const mebibyte = 1024 * 1024;
const size = 1.5 * mebibyte;
let home: AgentHome;
let origin: Origin;
let agent: Agent;

let left: AsyncDisposableStack;
beforeEach(async () => {
  left = new AsyncDisposableStack();
  home = left.use(new AgentHome());
  origin = left.use(await startOrigin(2 * mebibyte));
  // Whichever one a test has put in its place.
  left.defer(() => agent?.[Symbol.asyncDispose]());
  agent = await home.connect({ app: 'com.example.survivor', reachTimeoutMs: 20_000 });
});
afterEach(() => left.disposeAsync());

const create = (name: string): Promise<DownloadOperation> =>
  new BackgroundDownloader(agent).createDownload(`${origin.url}/${name}?size=${size}`, home.file(name));

/** Resolves in the middle of the download. */
function started(download: DownloadOperation) {
  const { promise: middle, resolve } = Promise.withResolvers<void>();
  const ended = download.start({ onProgress: ({ bytesReceived }) => bytesReceived > size / 4 && resolve() });
  return { middle, ended };
}

test('the agent is killed in the middle: start() still ends with the whole file', async () => {
  const download = await create('agent');
  const { middle, ended } = started(download);
  await middle;
  const { pid } = await agent.getStatus();
  process.kill(pid, 'SIGKILL');
  const record = await ended;
  assert.equal(record.status, 'completed');
  assert.equal(sha256(readFileSync(record.file)), sha256(bodyOf('agent', size)));
  assert.notEqual((await agent.getStatus()).pid, pid);
});

test('the keeper is killed in the middle: the SDK starts another, and start() ends with the whole file', async () => {
  const download = await create('keeper');
  const { middle, ended } = started(download);
  await middle;
  const { keeperPid } = await agent.getStatus();
  process.kill(keeperPid, 'SIGKILL');
  const record = await ended;
  assert.equal(record.status, 'completed');
  assert.equal(sha256(readFileSync(record.file)), sha256(bodyOf('keeper', size)));
  assert.notEqual((await agent.getStatus()).keeperPid, keeperPid);
});

test('both are killed at once: the same', async () => {
  const download = await create('both');
  const { middle, ended } = started(download);
  await middle;
  const { pid, keeperPid } = await agent.getStatus();
  process.kill(keeperPid, 'SIGKILL');
  process.kill(pid, 'SIGKILL');
  assert.equal((await ended).status, 'completed');
  assert.equal(sha256(readFileSync(download.file)), sha256(bodyOf('both', size)));
});

test('calls made while the agent is dead are answered by the next one, and nothing is made twice', async () => {
  const { pid } = await agent.getStatus();
  process.kill(pid, 'SIGKILL');
  const downloads = await Promise.all(Array.from({ length: 20 }, (_, index) => create(`gap-${index}`)));
  const records = await agent.transfers.list();
  assert.deepEqual(records.map(({ id }) => id).sort(), downloads.map(({ id }) => id).sort());
  await Promise.all(downloads.map(download => download.remove()));
  assert.deepEqual(await agent.transfers.list(), []);
});

test('calls that were under way when the agent died have their effect once', async () => {
  const { pid } = await agent.getStatus();
  const creating = Array.from({ length: 50 }, (_, index) => create(`under-way-${index}`));
  // Some of them are on the wire, some are not: all of them must be there once.
  setImmediate(() => process.kill(pid, 'SIGKILL'));
  const downloads = await Promise.all(creating);
  const ids = (await agent.transfers.list()).map(({ id }) => id).sort();
  assert.deepEqual(ids, downloads.map(({ id }) => id).sort());
});

test('an agent that is restarted on purpose is the same to whoever follows a download', async () => {
  const download = await create('restart');
  const { middle, ended } = started(download);
  await middle;
  await using owner = await home.connect();
  await owner.restart();
  assert.equal((await ended).status, 'completed');
});

test('an agent that was stopped on purpose is not started again by those who only follow', async () => {
  await agent[Symbol.asyncDispose]();
  agent = await home.connect({ app: 'com.example.survivor', reachTimeoutMs: 500 });
  const { middle, ended } = started(await create('stopped'));
  await middle;
  const rejected = assert.rejects(ended, (error: LonghaulError) => error.code === 'agent-not-reachable');
  await home.stop();
  await rejected;
  assert.equal(await findAgent({ env: home.env }), undefined);
  await agent[Symbol.asyncDispose]();
  agent = await home.connect({ app: 'com.example.survivor' });
  const [left] = await BackgroundDownloader.currentDownloads(agent);
  assert.ok(left, 'whoever connects anew starts one, and the download is there');
  assert.equal((await left.attach()).status, 'completed');
});

test('without an agent, and with none to be started, connecting fails at once', async () => {
  await home.stop();
  await assert.rejects(
    home.connect({ start: 'never' }),
    (error: LonghaulError) => error.code === 'agent-not-reachable',
  );
  assert.equal(await findAgent({ env: home.env }), undefined);
});

test('a signal ends the waiting for an agent', async () => {
  await assert.rejects(
    home.connect({ signal: AbortSignal.abort() }),
    (error: LonghaulError) => error.code === 'operation-canceled',
  );
});

test('ten apps that come at the same moment to a dead agent find one', async () => {
  await home.stop();
  const agents = await Promise.all(Array.from({ length: 10 }, (_, index) => home.connect({ app: `app-${index}` })));
  const pids = await Promise.all(agents.map(async connected => (await connected.getStatus()).keeperPid));
  assert.equal(new Set(pids).size, 1);
  await Promise.all(agents.map(connected => connected[Symbol.asyncDispose]()));
});

test('a connection that was disposed refuses calls, and what was pending on it', async () => {
  const download = await create('disposed');
  const { middle, ended } = started(download);
  await middle;
  const rejected = assert.rejects(ended, (error: LonghaulError) => error.code === 'detached');
  await agent[Symbol.asyncDispose]();
  await rejected;
  await assert.rejects(agent.getStatus(), (error: LonghaulError) => error.code === 'detached');
  agent = await home.connect({ app: 'com.example.survivor' });
  const [left] = await BackgroundDownloader.currentDownloads(agent);
  assert.equal((await left!.attach()).status, 'completed', 'the transfer went on');
});

test('an app that is unregistered while it is connected is denied', async () => {
  await using owner = await home.connect();
  await owner.unregisterApp('com.example.survivor');
  const denied = await waitFor('the grant to be refused', () =>
    agent.transfers.list().then(
      () => undefined,
      (error: LonghaulError) => error,
    ),
  );
  assert.equal(denied.code, 'access-denied');
});
