import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTable, shorten } from './table.ts';

test('columns are aligned, numbers to the right, wide characters counted as two', () => {
  assert.deepEqual(
    formatTable(
      [{ title: 'ID' }, { title: 'SIZE', align: 'right' }, { title: 'FILE' }],
      [
        ['a', '1 B', '日本'],
        ['bbbb', '12 KiB', 'x'],
      ],
    ),
    ['ID      SIZE  FILE', 'a        1 B  日本', 'bbbb  12 KiB  x'],
  );
});

test('the flexible column gives way to the width of the terminal', () => {
  const lines = formatTable(
    [{ title: 'ID' }, { title: 'FILE', isFlexible: true }],
    [['1234', '/home/me/a/very/long/path/film.mp4']],
    26,
  );
  assert.equal(lines[0], 'ID    FILE');
  assert.ok([...lines[1]!].length <= 26);
  assert.match(lines[1]!, /^1234 {2}\/home.*….*film\.mp4$/);
});

test('a text that fits stays, one that does not loses its middle', () => {
  assert.equal(shorten('abcdef', 6), 'abcdef');
  assert.equal(shorten('abcdef', 5), 'ab…ef');
  assert.equal(shorten('日本日本', 5), '日…本');
});
