import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogFrames, maxFrameBytes } from './log-frames.ts';

const runs = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'] as const;
function frame(run: string, text: string, length = Buffer.byteLength(text)): Buffer {
  const head = Buffer.alloc(40);
  head.write(run, 'latin1');
  head.writeUInt32LE(length, 36);
  return Buffer.concat([head, Buffer.from(text)]);
}
const whole = Buffer.concat([frame(runs[0], 'one\n'), frame(runs[1], ''), frame(runs[0], 'drei €\n')]);
const expected = [
  [runs[0], 'one\n'],
  [runs[1], ''],
  [runs[0], 'drei €\n'],
];
const read = (frames: LogFrames, chunk: Buffer) => [...frames.add(chunk)].map(({ run, bytes }) => [run, String(bytes)]);

test('frames come out as they went in, however they are cut', () => {
  assert.deepEqual(read(new LogFrames(), whole), expected);
  for (let cut = 0; cut <= whole.length; cut++) {
    const frames = new LogFrames();
    const found = [...read(frames, whole.subarray(0, cut)), ...read(frames, whole.subarray(cut))];
    assert.deepEqual(found, expected, `cut at ${cut}`);
  }
  const single = new LogFrames();
  assert.deepEqual(
    [...whole].flatMap(byte => read(single, Buffer.of(byte))),
    expected,
    'byte by byte',
  );
});

test('what cannot be a frame ends the reading: nothing is ever collected without bound', () => {
  const frames = new LogFrames();
  assert.deepEqual(read(frames, frame(runs[0], 'x', maxFrameBytes + 1)), []);
  assert.deepEqual(read(frames, whole), []);
});
