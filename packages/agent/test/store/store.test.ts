// The store on a real disk: durable in groups, each write for itself, damaged and newer stores left as they are.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { acquireLock } from '../../src/store/lock.ts';
import { type Migration, openStore } from '../../src/store/store.ts';

const migrations: readonly Migration[] = [
  { version: 2, name: 'second', apply: database => database.exec("INSERT INTO notes VALUES ('from the second step')") },
  {
    version: 1,
    name: 'first',
    apply: database => database.exec('CREATE TABLE notes (text TEXT NOT NULL UNIQUE) STRICT'),
  },
];
const note = (text: string) => (database: DatabaseSync) =>
  void database.prepare('INSERT INTO notes VALUES (?)').run(text);
const added = (database: DatabaseSync) => notesOf(database).slice(1); // a migration wrote the first
const notesOf = (database: DatabaseSync) =>
  database
    .prepare('SELECT text FROM notes ORDER BY rowid')
    .all()
    .map(row => row.text);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'longhaul-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the store', () => {
  test('is made with its folder, closed to others, and brought up to date in order', () => {
    const inside = join(folder, 'state');
    using store = openStore(inside, migrations);
    assert.deepEqual(notesOf(store.database), ['from the second step']);
    assert.equal(statSync(inside).mode & 0o777, 0o700);
    assert.equal(statSync(join(inside, 'longhaul.db')).mode & 0o777, 0o600);
    assert.equal(store.database.prepare('PRAGMA synchronous').get()?.synchronous, 2, 'FULL');
    assert.equal(store.database.prepare('PRAGMA journal_mode').get()?.journal_mode, 'wal');
  });

  test('opened again it applies only what is new', () => {
    openStore(folder, migrations.slice(1))[Symbol.dispose]();
    using store = openStore(folder, migrations);
    assert.deepEqual(notesOf(store.database), ['from the second step']);
  });

  test('a step that fails leaves the store as it was', () => {
    openStore(folder, migrations.slice(1))[Symbol.dispose]();
    const broken = {
      version: 2,
      name: 'broken',
      apply: (database: DatabaseSync) => database.exec("INSERT INTO notes VALUES ('x'); nonsense"),
    };
    assert.throws(() => openStore(folder, [migrations[1]!, broken]), { code: 'store-unreadable' });
    using store = openStore(folder, migrations);
    assert.deepEqual(notesOf(store.database), ['from the second step']);
  });

  test('steps with a gap are a mistake of ours', () => {
    assert.throws(() => openStore(folder, migrations.slice(0, 1)), { code: 'internal' });
  });

  test('one that throws fails alone; the others of its tick are durable together', async () => {
    using store = openStore(folder, migrations);
    const results = await Promise.allSettled([
      store.commit(note('a')),
      store.commit(database => {
        note('half')(database);
        throw new RangeError('changed my mind');
      }),
      store.commit(note('a')),
      store.commit(database => {
        note('b')(database);
        return 42;
      }),
    ]);
    assert.deepEqual(
      results.map(result => result.status),
      ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
    );
    assert.ok(results[1]?.status === 'rejected' && results[1].reason instanceof RangeError);
    assert.equal(results[3]?.status === 'fulfilled' && results[3].value, 42);
    assert.deepEqual(notesOf(store.database).slice(1), ['a', 'b']);
  });

  test('everything of one tick is one transaction: a reader sees all of it or nothing', async () => {
    using store = openStore(folder, migrations);
    using reader = new DatabaseSync(join(folder, 'longhaul.db'), { readOnly: true });
    const seen: number[] = [];
    const writes = Array.from({ length: 50 }, (_, number) =>
      store.commit(note(`${number}`)).then(() => seen.push(notesOf(reader).length)),
    );
    assert.deepEqual(notesOf(reader).length, 1);
    await Promise.all(writes);
    assert.deepEqual(new Set(seen), new Set([51]));
  });

  test('resolved means durable: a process killed right after has not lost it', async () => {
    const script = `
      import { openStore } from ${JSON.stringify(join(import.meta.dirname, '../../src/store/store.ts'))};
      const store = openStore(process.argv[1], [{ version: 1, name: 'n', apply: d => d.exec('CREATE TABLE notes (text TEXT)') }]);
      for (let n = 0; ; n++) {
        await store.commit(d => d.prepare('INSERT INTO notes VALUES (?)').run(String(n)));
        process.stdout.write(n + '\\n');
      }`;
    const child = spawn(
      process.execPath,
      ['--conditions=longhaul-source', '--input-type=module', '-e', script, folder],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let output = '';
    child.stdout.setEncoding('utf8').on('data', text => {
      output += text;
      if (output.split('\n').length > 20) child.kill('SIGKILL');
    });
    await new Promise(resolve => child.once('close', resolve));
    const told = output.split('\n').filter(line => line !== '');
    using store = openStore(folder, [{ version: 1, name: 'n', apply: () => {} }]);
    assert.deepEqual(notesOf(store.database).slice(0, told.length), told);
  });

  test('closing commits what was still waiting', async () => {
    const store = openStore(folder, migrations);
    const waiting = store.commit(note('last'));
    store[Symbol.dispose]();
    await waiting;
    using again = openStore(folder, migrations);
    assert.deepEqual(notesOf(again.database).at(-1), 'last');
  });

  test('a store that is no database is refused and left as it is', () => {
    const file = join(folder, 'longhaul.db');
    for (const content of ['this is no database at all, but somebody may want it back', 'x'.repeat(50_000)]) {
      writeFileSync(file, content);
      assert.throws(() => openStore(folder, migrations), { code: 'store-unreadable' });
      assert.equal(readFileSync(file, 'utf8'), content);
    }
  });

  test('a damaged page is noticed at opening, and nothing is reset', async () => {
    {
      using store = openStore(folder, migrations);
      await Promise.all(Array.from({ length: 2_000 }, (_, n) => store.commit(note(`note ${n}`.padEnd(100, '.')))));
    }
    const file = join(folder, 'longhaul.db');
    const bytes = readFileSync(file);
    bytes.fill(0xee, 8_192, 8_192 + 4_096 * 4);
    writeFileSync(file, bytes);
    assert.throws(() => openStore(folder, migrations), { code: 'store-unreadable' });
    assert.deepEqual(readFileSync(file), bytes);
  });

  test('a folder in place of the store is refused', () => {
    mkdirSync(join(folder, 'longhaul.db'));
    assert.throws(() => openStore(folder, migrations), { code: 'store-unreadable' });
  });

  test('a store of a newer Longhaul is refused and left as it is', () => {
    openStore(folder, migrations)[Symbol.dispose]();
    assert.throws(() => openStore(folder, migrations.slice(1)), { code: 'store-newer' });
    using store = openStore(folder, migrations);
    assert.equal(notesOf(store.database).length, 1);
  });
});

describe('notes', () => {
  test('are there at once for both connections, and commit and note take turns', async () => {
    using store = openStore(folder, migrations);
    const committed = store.commit(note('committed'));
    store.note(note('noted'));
    assert.deepEqual(added(store.database), ['noted']);
    await committed;
    store.note(note('noted later'));
    assert.deepEqual(added(store.notes), ['noted', 'committed', 'noted later']);
  });

  test('inside each other are one: all of it or nothing', () => {
    using store = openStore(folder, migrations);
    assert.throws(
      () =>
        store.note(database => {
          note('one')(database);
          store.note(note('two'));
          throw new RangeError('changed my mind');
        }),
      RangeError,
    );
    assert.deepEqual(added(store.notes), []);
    store.note(note('three'));
    assert.deepEqual(added(store.notes), ['three']);
  });

  test('that cannot be written have a code', () => {
    using store = openStore(folder, migrations);
    assert.throws(() => store.note(database => database.exec('INSERT INTO nowhere VALUES (1)')), { code: 'internal' });
  });
});

describe('the lock', () => {
  test('has one holder; the next one gets it when it is let go', async () => {
    const first = await acquireLock(folder, 'agent', { waitMs: 0 });
    await assert.rejects(acquireLock(folder, 'agent', { waitMs: 0 }), { code: 'agent-already-running' });
    await assert.rejects(acquireLock(folder, 'agent', { waitMs: 60 }), { code: 'agent-already-running' });
    using _other = await acquireLock(folder, 'another', { waitMs: 0 });
    const waiting = acquireLock(folder, 'agent', { waitMs: 10_000 });
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    using _second = await waiting;
  });

  test('is let go by the death of its holder, however sudden', async () => {
    const script = `
      import { acquireLock } from ${JSON.stringify(join(import.meta.dirname, '../../src/store/lock.ts'))};
      await acquireLock(process.argv[1], 'agent', { waitMs: 0 });
      process.stdout.write('held');
      setInterval(() => {}, 1000);`;
    const child = spawn(
      process.execPath,
      ['--conditions=longhaul-source', '--input-type=module', '-e', script, folder],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await new Promise(resolve => child.stdout.once('data', resolve));
    await assert.rejects(acquireLock(folder, 'agent', { waitMs: 0 }), { code: 'agent-already-running' });
    const waiting = acquireLock(folder, 'agent', { waitMs: 10_000 });
    child.kill('SIGKILL');
    using _held = await waiting;
  });

  test('is out of place when its file was deleted or replaced, not when nobody can look', async () => {
    const [inside, aside] = [join(folder, 'state'), join(folder, 'aside')];
    using lock = await acquireLock(inside, 'keeper', { waitMs: 0 });
    assert.equal(lock.isInPlace, true);
    renameSync(inside, aside);
    assert.equal(lock.isInPlace, false);
    symlinkSync(inside, inside);
    assert.equal(lock.isInPlace, true, 'ELOOP');
    rmSync(inside);
    mkdirSync(inside);
    writeFileSync(join(inside, 'keeper.lock'), '');
    assert.equal(lock.isInPlace, false);
    rmSync(inside, { recursive: true });
    renameSync(aside, inside);
    assert.equal(lock.isInPlace, true);
  });

  test('is gone when it was out of place in two looks in a row', async () => {
    const [inside, aside] = [join(folder, 'state'), join(folder, 'aside')];
    using lock = await acquireLock(inside, 'keeper', { waitMs: 0 });
    for (let times = 0; times < 2; times++) {
      renameSync(inside, aside);
      assert.equal(lock.isGone(), false);
      renameSync(aside, inside);
      assert.equal(lock.isGone(), false);
    }
    renameSync(inside, aside);
    assert.deepEqual([lock.isGone(), lock.isGone()], [false, true]);
  });

  test('a lock file that is something else has its own code', async () => {
    writeFileSync(join(folder, 'agent.lock'), 'x'.repeat(5_000));
    await assert.rejects(acquireLock(folder, 'agent', { waitMs: 0 }), { code: 'store-unreadable' });
  });
});
