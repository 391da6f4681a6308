import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from './lab/bars.ts';
import { type Result, readmeNow, tableOf, withTable } from './table.ts';

const ratio = { what: 'wall time, to curl', unit: '×', figures: '1 s against 2 s' } as const;
const result: Result = {
  question: 'download',
  date: '2026-01-02T03:04:05.000Z',
  node: 'v26.0.0',
  cpus: { count: 2 },
  bars: [
    judge({ ...ratio, atMost: 0.5, measured: 0.5 }),
    judge({ ...ratio, atMost: 0.5, measured: 0.612345 }),
    judge({ ...ratio, unit: 'MiB', atMost: 70, measured: null, figures: 'only 16 ran' }),
  ],
};

test('README has the table that the result JSONs give', () => {
  const { text, wanted } = readmeNow();
  assert.equal(text, wanted, 'README.md is older than benchmarks/results: node benchmarks/table.ts renews it');
});

test('a bar that is met says so; one that is missed says by how much; one not measured says why', () => {
  const lines = tableOf(['download', 'upload'], [result]).split('\n');
  const link = '[download](benchmarks/results/download.json): wall time, to curl';
  assert.deepEqual(lines.slice(2), [
    `| ${link} | 0.50× (1 s against 2 s) | ≤ 0.50× | met |`,
    `| ${link} | 0.61× (1 s against 2 s) | ≤ 0.50× | **missed by 23 %** |`,
    `| ${link} | only 16 ran | ≤ 70 MiB | not measured |`,
    '| [upload](benchmarks/upload.bench.ts) | not measured yet | | |',
    '',
    'Medians, every row in one run on one machine (Node 26.0.0, 2 cores, 2026-01-02).',
  ]);
});

test('only what stands between the markers is replaced', () => {
  const text = 'a\n<!-- benchmarks:begin -->\nold\n<!-- benchmarks:end -->\nb\n';
  assert.equal(withTable(text, 'new'), text.replace('old', 'new'));
  assert.throws(() => withTable('no markers', 'new'), /markers/);
  assert.throws(() => withTable(text + text, 'new'), /once/);
});
