import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaults } from './options.ts';
import { Quota } from './quota.ts';

const full = { code: 'quota-exceeded' };

test('200 unfinished transfers for an app (BT-09); the 201st is refused, and one that ends makes room', () => {
  const quota = new Quota(defaults, new Map([['app', { unfinished: 199, records: 300 }]]));
  quota.take('app');
  assert.throws(() => quota.take('app'), full);
  quota.take('other');
  quota.finished('app');
  quota.take('app');
});

test('the command may have far more than 10,000', () => {
  const quota = new Quota(defaults, new Map());
  for (let number = 0; number < 20_000; number += 1) quota.take('longhaul');
});

test('records are bounded, removal makes room', () => {
  const quota = new Quota(defaults, new Map([['app', { unfinished: 0, records: 10_000 }]]));
  assert.throws(() => quota.take('app'), full);
  quota.removed('app');
  quota.take('app');
});
