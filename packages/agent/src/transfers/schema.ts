// The tables of the transfers room over time: its steps in the store's ordered list of migrations.
import type { Migration } from '../store/migrations.ts';

export const transferMigrations: readonly Migration[] = [
  {
    version: 1,
    name: 'transfers',
    apply: database =>
      database.exec(`
        CREATE TABLE transfers (
          seq INTEGER PRIMARY KEY,
          id TEXT NOT NULL UNIQUE,
          app TEXT NOT NULL,
          kind TEXT NOT NULL,
          url TEXT NOT NULL,
          host TEXT NOT NULL,
          headers TEXT NOT NULL,
          file TEXT NOT NULL,
          target_key TEXT NOT NULL,
          collision TEXT NOT NULL,
          state TEXT NOT NULL,
          is_finished INTEGER NOT NULL,
          final_name TEXT,
          part_dev TEXT,
          part_ino TEXT,
          part_born TEXT,
          discards_part INTEGER NOT NULL,
          offset INTEGER NOT NULL,
          high_water INTEGER NOT NULL,
          total INTEGER,
          validator TEXT,
          actual_url TEXT,
          status_code INTEGER,
          is_resumable INTEGER,
          has_restarted INTEGER NOT NULL,
          is_length_verified INTEGER,
          failed_attempts INTEGER NOT NULL,
          retry_at INTEGER,
          error TEXT,
          created_at INTEGER NOT NULL,
          started_at INTEGER,
          finished_at INTEGER,
          revision INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX transfers_state ON transfers (state);
        CREATE INDEX transfers_app ON transfers (app, is_finished);
        CREATE INDEX transfers_target ON transfers (target_key) WHERE is_finished = 0;
        CREATE INDEX transfers_discards ON transfers (seq) WHERE discards_part = 1;
      `),
  },
  {
    version: 3,
    name: 'rate limits',
    apply: database =>
      database.exec(`
        ALTER TABLE transfers ADD COLUMN max_bytes_per_second INTEGER;
        CREATE TABLE transfer_limits (
          one INTEGER PRIMARY KEY CHECK (one = 1),
          max_bytes_per_second INTEGER
        ) STRICT;
        INSERT INTO transfer_limits (one) VALUES (1);
      `),
  },
  {
    version: 4,
    name: 'checksums',
    apply: database => database.exec('ALTER TABLE transfers ADD COLUMN checksum TEXT;'),
  },
  {
    version: 5,
    name: 'active transfers',
    // NULL: nobody has set it, the default of this Longhaul holds.
    apply: database => database.exec('ALTER TABLE transfer_limits ADD COLUMN max_active INTEGER;'),
  },
  {
    version: 6,
    name: 'ranges behind a gap',
    // JSON: [[from, to], ...]. NULL: nothing but the bytes below the offset.
    apply: database => database.exec('ALTER TABLE transfers ADD COLUMN ranges TEXT;'),
  },
];
