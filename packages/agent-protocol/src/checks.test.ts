import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { isBytesPerSecond, isSettingKey, isSocketId, isUuid } from './checks.ts';
import { SettingKey } from './settings.ts';
import { SocketId } from './sockets.ts';
import { RunId, TaskId } from './tasks.ts';
import { BytesPerSecond, TransferId } from './transfers.ts';

const uuid = '0b0d1f3a-1111-4111-8111-abcdefABCDEF';
const values: readonly unknown[] = [
  null,
  undefined,
  {},
  [uuid],
  '',
  'a',
  'a b/ü',
  'a\nb',
  'a\u0085',
  'x'.repeat(128),
  'x'.repeat(129),
  'x'.repeat(255),
  'x'.repeat(256),
  uuid,
  `${uuid} `,
  uuid.replaceAll('-', ''),
  0,
  1_023,
  1_024,
  1_024.5,
  Number.MAX_SAFE_INTEGER,
  Number.MAX_SAFE_INTEGER + 1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '1024',
];

const taken = (isRight: (value: never) => boolean) => values.filter(value => isRight(value as never));

test('what a check lets through the schema of the agent takes, and nothing else', () => {
  for (const [check, ...schemas] of [
    [isUuid, TaskId, RunId, TransferId],
    [isSocketId, SocketId],
    [isSettingKey, SettingKey],
    [isBytesPerSecond, BytesPerSecond],
  ] as const) {
    for (const schema of schemas)
      assert.deepEqual(
        taken(check),
        taken(value => v.is(schema, value)),
      );
  }
});

test('ids and keys have their lengths, rates are whole and not tiny', () => {
  assert.deepEqual(taken(isUuid), [uuid]);
  assert.deepEqual(taken(isSocketId), [
    'a',
    'a b/ü',
    'x'.repeat(128),
    uuid,
    `${uuid} `,
    uuid.replaceAll('-', ''),
    '1024',
  ]);
  assert.equal(isSettingKey('x'.repeat(255)) && !isSettingKey('x'.repeat(256)) && !isSettingKey(''), true);
  assert.deepEqual(taken(isBytesPerSecond), [1_024, Number.MAX_SAFE_INTEGER]);
});
