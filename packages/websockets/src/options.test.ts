import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compressionDefaults } from './compression-options.ts';
import { type ConnectionOptions, defaults, resolveSettings } from './options.ts';

test('later options win, unset ones keep what was, the result is frozen', () => {
  const settings = resolveSettings({ maxFragments: 5, closeAnswer: 1000 }, { maxFragments: 7 }, undefined);
  assert.deepEqual(settings, { ...defaults, maxFragments: 7, closeAnswer: 1000 });
  assert.ok(Object.isFrozen(settings));
});

test('a value that is none is refused', () => {
  const wrong = [
    { maxMessageBytes: 0 },
    { maxMessageBytes: -1 },
    { maxFragments: Number.NaN },
    { keepAliveIntervalMs: '5' },
    { outputPolicy: 'panic' },
    { closeAnswer: 1005 },
    { closeAnswer: 'no' },
    { closeTimeoutMs: null },
    { abortsWhenSilentForTwiceTheInterval: 1 },
    { compression: 1 },
    { compression: null },
    { compression: { serverMaxWindowBits: 8 } },
    { compression: { clientMaxWindowBits: 16 } },
    { compression: { serverContextTakeover: 1 } },
    { compression: { thresholdBytes: -1 } },
    { compression: { level: 10 } },
  ];
  for (const options of wrong) {
    assert.throws(
      () => resolveSettings(options as ConnectionOptions),
      { code: 'invalid-argument' },
      JSON.stringify(options),
    );
  }
  resolveSettings({
    keepAliveIntervalMs: 0,
    keepAliveTimeoutMs: 0,
    closeTimeoutMs: 0,
    maxMessageBytes: Number.POSITIVE_INFINITY,
  });
});

test('compression is off unless given, and can be turned off again', () => {
  assert.equal(resolveSettings({}).compression, undefined);
  assert.deepEqual(resolveSettings({ compression: true }).compression, compressionDefaults);
  const small = { compression: { serverMaxWindowBits: 9, clientContextTakeover: false } };
  assert.deepEqual(resolveSettings(small).compression, { ...compressionDefaults, ...small.compression });
  assert.equal(resolveSettings(small, { compression: false }).compression, undefined);
});
