// `longhaul show`: what a transfer went through, for people and for programs.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startOrigin } from '@longhaul/testing/origin';
import { CommandHome } from './command-home.ts';

const size = 1024 * 1024;
const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const home = left.use(new CommandHome());
const origin = left.use(await startOrigin(size));

test('show has ranges, rates and failed attempts with their errors in words, in text and in --json', async () => {
  await home.json('limit', '512M');
  const { id } = await home.json('download', '--limit-rate', '64M', `${origin.url}/cut?size=${size}&fickle`);
  const record = await home.json('show', '--wait', id);
  assert.equal(record.status, 'completed');
  assert.deepEqual(record.ranges, [{ offset: 0, length: size }]);
  assert.equal(record.attempts.length, 1);
  const [{ at, error }] = record.attempts;
  assert.equal(error.code, 'web-error');
  assert.ok(at >= record.startedAt && at <= record.finishedAt);
  assert.ok(record.rateHistory.every(Number.isInteger));

  const { code, stdout } = await home.run(['show', id]);
  assert.equal(code, 0);
  assert.match(stdout, /^Limit: +64\.0 MiB\/s$/m);
  assert.doesNotMatch(stdout, /^Limit of all:/m, 'nothing runs that it could hold back');
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.at(-2), 'Failed attempts since the agent started:');
  assert.equal(lines.at(-1), `  ${new Date(at).toISOString()}  ${error.message} [web-error, ${error.webErrorStatus}]`);

  const running = await home.json('download', `${origin.url}/runs?size=${20 * size}`);
  const seen = await home.run(['show', running.id]);
  assert.match(seen.stdout, /^Limit of all: +512 MiB\/s$/m);
  assert.doesNotMatch(seen.stdout, /Failed attempts/);
});
