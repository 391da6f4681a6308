// limit, retry, --limit-rate and --checksum: with a real agent and origin.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { waitFor } from '@longhaul/testing';
import { bodyOf, sha256, startOrigin } from '@longhaul/testing/origin';
import { CommandHome, errorsOf } from './command-home.ts';

const mebibyte = 1024 * 1024;
const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const home = left.use(new CommandHome());
const origin = left.use(await startOrigin(mebibyte));

test('a limit for all and one for a single transfer are set, shown and taken away', async () => {
  const unset = { maxBytesPerSecond: null, maxActive: 16 };
  assert.deepEqual(await home.json('limit'), unset);
  assert.deepEqual(await home.json('limit', '2M'), { ...unset, maxBytesPerSecond: 2 * mebibyte });
  assert.equal((await home.run(['limit'])).stdout, 'Rate:   2.00 MiB/s\nActive: 16 at the same time\n');
  assert.deepEqual(await home.json('limit', 'none'), unset);
  const { id, maxBytesPerSecond } = await home.json(
    'download',
    '--limit-rate',
    '16K',
    `${origin.url}/a?size=${mebibyte}`,
  );
  assert.equal(maxBytesPerSecond, 16_384);
  assert.match((await home.run(['show', id])).stdout, /Limit: +16\.0 KiB\/s/);
  assert.equal((await home.json('limit', '--transfer', id, '32K')).maxBytesPerSecond, 32_768);
  assert.equal((await home.run(['limit', '--transfer', id, 'none'])).stdout, 'no limit\n');
  await home.json('remove', id);
});

test('how many run at the same time is set while they run, and kept over a restart of the agent', async () => {
  const statuses = async () => (await home.json('list')).map(({ status }: { status: string }) => status);
  const isTrue = (what: string, expected: string[]) =>
    waitFor(what, async () => isDeepStrictEqual(await statuses(), expected), { timeoutMs: 15_000 });
  assert.deepEqual(await home.json('limit', '--max-active', '1'), { maxBytesPerSecond: null, maxActive: 1 });
  for (const name of ['one', 'two']) await home.json('download', `${origin.url}/${name}?size=${20 * mebibyte}`);
  await isTrue('one to run, one to wait', ['running', 'idle']);
  await home.json('agent', 'restart');
  assert.deepEqual(await home.json('limit', '8M'), { maxBytesPerSecond: 8 * mebibyte, maxActive: 1 });
  assert.equal((await home.run(['limit', 'none', '--max-active', '16'])).code, 0);
  await isTrue('both to run', ['running', 'running']);
  await home.json('remove', '--all');
});

test('a file that is what --checksum says arrives; another one is exit code 8, leaves no file, and may be retried', async () => {
  const url = `${origin.url}/sum?size=1000`;
  const digest = sha256(bodyOf('sum', 1000));
  const good = await home.json('download', '--wait', '--checksum', `sha-256=${digest.toUpperCase()}`, url);
  assert.deepEqual([good.status, good.checksum.isVerified], ['completed', true]);
  assert.match((await home.run(['show', good.id])).stdout, /Checksum: +sha-256=[0-9a-f]{64} \(verified\)/);

  const wrong = ['download', '--wait', '--json', '-o', 'bad', '--checksum', `sha-256=${'0'.repeat(64)}`, url];
  const bad = await home.run(wrong);
  assert.deepEqual([bad.code, errorsOf(bad)[0]?.code], [8, 'integrity-failure']);
  assert.equal(existsSync(home.file('bad')), false);

  const [retried] = await home.json('retry', '--failed');
  assert.equal(retried.id, bad.json.id);
  assert.equal((await home.run(['show', '--wait', retried.id])).code, 8, 'it failed again, as it must');
  assert.equal((await home.run(['retry', good.id])).code, 9, 'nothing to retry');
});
