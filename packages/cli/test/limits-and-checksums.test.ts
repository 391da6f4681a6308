// limit, retry, --limit-rate and --checksum: with a real agent and origin.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, test } from 'node:test';
import { bodyOf, sha256, startOrigin } from '@longhaul/testing/origin';
import { CommandHome, errorsOf } from './command-home.ts';

const mebibyte = 1024 * 1024;
const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const home = left.use(new CommandHome());
const origin = left.use(await startOrigin(mebibyte));

test('a limit for all and one for a single transfer are set, shown and taken away', async () => {
  assert.deepEqual(await home.json('limit'), { maxBytesPerSecond: null });
  assert.deepEqual(await home.json('limit', '2M'), { maxBytesPerSecond: 2 * mebibyte });
  assert.equal((await home.run(['limit'])).stdout, '2.00 MiB/s\n');
  assert.deepEqual(await home.json('limit', 'none'), { maxBytesPerSecond: null });
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
