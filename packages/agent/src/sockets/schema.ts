// The tables of the sockets room over time: its steps in the store's ordered list of migrations.
import type { Migration } from '../store/migrations.ts';

export const socketMigrations: readonly Migration[] = [
  {
    version: 7,
    name: 'sockets',
    // What the app gave along is in a table of its own: a row changes with every wake, and 64 KiB need not be written again.
    apply: database =>
      database.exec(`
        CREATE TABLE sockets (
          seq INTEGER PRIMARY KEY,
          app TEXT NOT NULL,
          id TEXT NOT NULL,
          key TEXT NOT NULL UNIQUE,
          kind TEXT NOT NULL,
          task_id TEXT NOT NULL,
          wake TEXT NOT NULL,
          local_address TEXT,
          remote_address TEXT,
          state TEXT NOT NULL,
          since INTEGER NOT NULL,
          due_at INTEGER,
          keep_alive_ms INTEGER,
          keep_alive_at INTEGER,
          context_bytes INTEGER NOT NULL,
          transfers INTEGER NOT NULL,
          wakes INTEGER NOT NULL,
          last_wake_at INTEGER,
          failures INTEGER NOT NULL,
          returned_lease INTEGER NOT NULL,
          UNIQUE (app, id)
        ) STRICT;
        CREATE INDEX sockets_due ON sockets (due_at) WHERE due_at IS NOT NULL;
        CREATE TABLE socket_contents (
          seq INTEGER PRIMARY KEY REFERENCES sockets ON DELETE CASCADE,
          context BLOB,
          leftover BLOB
        ) STRICT;
      `),
  },
  {
    version: 13,
    name: 'bytes that were read and not used, and that nobody was told of',
    // The start of an agent asks for them among thousands.
    apply: database =>
      database.exec(`
        ALTER TABLE sockets ADD COLUMN has_news INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX sockets_news ON sockets (seq) WHERE has_news = 1;
      `),
  },
];
