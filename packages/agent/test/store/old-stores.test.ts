// A store that an earlier Longhaul wrote opens with everything in it.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readApps } from '../../src/apps/apps-table.ts';
import { migrations } from '../../src/migrations.ts';
import { openStore } from '../../src/store/store.ts';
import { TransferTable } from '../../src/transfers/table.ts';

test('transfers of before rate limits and checksums have neither, and nobody has set how many may be active', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-old-'));
  try {
    {
      using store = openStore(
        folder,
        migrations.filter(({ version }) => version <= 2),
      );
      store.database.exec(`
        INSERT INTO transfers (id, app, kind, url, host, headers, file, target_key, collision, state, is_finished,
          discards_part, offset, high_water, has_restarted, failed_attempts, created_at, revision)
        VALUES ('old', 'longhaul', 'download', 'http://h/a', 'h', '[]', '/a', '/a', 'fail', 'queued', 0, 0, 7, 9, 0, 0, 1, 2)`);
    }
    using store = openStore(folder, migrations);
    const table = new TransferTable(store.database);
    const { offset, ranges, state, maxBytesPerSecond, checksum } = table.get('old');
    assert.deepEqual([offset, ranges, state, maxBytesPerSecond, checksum], [7, [], { name: 'queued' }, null, null]);
    assert.deepEqual(table.limits(), { maxBytesPerSecond: null, maxActive: null });
    assert.deepEqual(table.ids(false, 'longhaul'), ['old']);
    await store.commit(() => table.update({ ...table.get('old'), maxBytesPerSecond: 2_048, ranges: [[9, 12]] }));
    const changed = table.get('old');
    assert.deepEqual([changed.maxBytesPerSecond, changed.ranges], [2_048, [[9, 12]]]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('an app of before manifests has no folder and declares no tasks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-old-'));
  try {
    {
      using store = openStore(
        folder,
        migrations.filter(({ version }) => version <= 6),
      );
      store.database.exec(`INSERT INTO apps (id, name, registered_at) VALUES ('com.example.old', 'Old', 5)`);
    }
    using store = openStore(folder, migrations);
    assert.deepEqual(readApps(store.database), [
      { id: 'com.example.old', name: 'Old', registeredAt: 5, folder: null, tasks: [] },
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
