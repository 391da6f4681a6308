// What keeps a process alive that uses the SDK: a call under way and a pending promise, nothing else.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { bodyOf, sha256, startOrigin } from '@longhaul/testing/origin';
import { AgentHome } from './agent-home.ts';
import { runProgram } from './programs.ts';

const mebibyte = 1024 * 1024;
const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const home = left.use(new AgentHome());
const origin = left.use(await startOrigin(mebibyte));
const url = (name: string, size: number) => `${origin.url}/${name}?size=${size}`;

test('an app hands a download over and exits; a later process of it attaches and gets the whole file', async () => {
  const size = 2 * mebibyte;
  const submitted = await runProgram('submit', home.env, url('later', size), home.file('later'));
  assert.deepEqual([submitted.code, submitted.stderr], [0, '']);
  const attached = await runProgram('attach', home.env);
  assert.deepEqual([attached.code, attached.stderr], [0, '']);
  const record = JSON.parse(attached.stdout);
  assert.equal(record.id, submitted.stdout.trim());
  assert.equal(record.status, 'completed');
  assert.equal(sha256(readFileSync(home.file('later'))), sha256(bodyOf('later', size)));
});

test('an app that disposes nothing and awaits nothing ends by itself', async () => {
  const ended = await runProgram('forget', home.env, url('forget', 1000), home.file('forget'));
  assert.deepEqual(ended, { code: 0, stdout: 'end of the program\n', stderr: '' });
});

test('a pending start() keeps the process alive until the download has ended', async () => {
  const ended = await runProgram('stay', home.env, url('stay', mebibyte), home.file('stay'));
  assert.deepEqual(ended, { code: 0, stdout: 'completed\n', stderr: '' });
});

test('disposing lets a start() under way take effect, ends the process cleanly, and the transfer goes on', async () => {
  const ended = await runProgram('detach', home.env, url('detach', mebibyte), home.file('detach'));
  assert.deepEqual([ended.code, ended.stderr], [0, '']);
  await using agent = await home.connect({ app: 'com.example.detach' });
  const record = await agent.transfers.get(ended.stdout.trim());
  assert.equal(record.isStarted, true);
});
