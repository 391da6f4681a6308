// Why an agent cannot start: each reason reaches the caller with its code, and nothing is reset silently.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { leakCheck, waitFor } from '@longhaul/testing';
import { waitForAgentEnd } from '../../src/launch/index.ts';
import { createHome, type Home, processesWith } from './home.ts';

after(leakCheck());

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

/** A home whose agent has run once and ended in order. */
async function usedHome(home: Home): Promise<string> {
  const endpoint = await home.ensure();
  const owner = await home.owner();
  await owner.invoke('stopAgent');
  assert.equal(await waitForAgentEnd(endpoint), true);
  return join(home.paths.stateFolder, 'longhaul.db');
}

async function refusesWith(home: Home, code: string): Promise<void> {
  await assert.rejects(home.ensure(), { code });
  const foreground = await home.launch('run').exited;
  assert.equal((foreground.output as { code: string }).code, code);
  await waitFor('no process to be left', () => processesWith(home.folder).length === 0);
}

test('a store that cannot be read is refused and left as it is', async t => {
  const home = createHome(t);
  const file = await usedHome(home);
  const garbage = Buffer.alloc(32_768, 'this is no database ');
  writeFileSync(file, garbage);
  await refusesWith(home, 'store-unreadable');
  assert.deepEqual(readFileSync(file), garbage);
});

test('a store of a newer Longhaul is refused and left as it is', async t => {
  const home = createHome(t);
  const file = await usedHome(home);
  {
    using database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 9999');
  }
  await refusesWith(home, 'store-newer');
  using database = new DatabaseSync(file, { readOnly: true });
  assert.deepEqual({ ...database.prepare('PRAGMA user_version').get() }, { user_version: 9_999 });
});

test('after a refusal the repaired store serves again', async t => {
  const home = createHome(t);
  const file = await usedHome(home);
  const whole = readFileSync(file);
  writeFileSync(file, 'broken');
  await assert.rejects(home.ensure(), { code: 'store-unreadable' });
  writeFileSync(file, whole);
  await home.ensure();
  assert.deepEqual(await (await home.owner()).invoke('listTransfers'), []);
});

for (const mode of [0o777, 0o750, 0o701]) {
  test(`a state folder with mode 0${mode.toString(8)} is refused`, async t => {
    const home = createHome(t);
    mkdirSync(home.paths.stateFolder, { recursive: true });
    chmodSync(home.paths.stateFolder, mode);
    await refusesWith(home, 'unsafe-folder');
    assert.equal(existsSync(join(home.paths.stateFolder, 'longhaul.db')), false);
  });
}

test('a runtime folder open to others is refused: whoever may write there could be the socket', async t => {
  const home = createHome(t);
  mkdirSync(home.paths.runtimeFolder, { recursive: true });
  chmodSync(home.paths.runtimeFolder, 0o777);
  await refusesWith(home, 'unsafe-folder');
});

test('a folder that everybody may replace is refused', async t => {
  const home = createHome(t);
  mkdirSync(home.folder);
  chmodSync(home.folder, 0o777);
  await refusesWith(home, 'unsafe-folder');
});

test('a link in the place of a folder is refused', async t => {
  const home = createHome(t);
  mkdirSync(join(home.folder, 'elsewhere'), { recursive: true, mode: 0o700 });
  symlinkSync(join(home.folder, 'elsewhere'), home.paths.stateFolder);
  await refusesWith(home, 'unsafe-folder');
});

test("another user's folder is refused", async t => {
  if (!isRoot) return t.skip('only root can give a folder away');
  const home = createHome(t);
  mkdirSync(home.paths.stateFolder, { recursive: true, mode: 0o700 });
  chownSync(home.paths.stateFolder, nobody, nobody);
  await refusesWith(home, 'unsafe-folder');
});

test('a folder that cannot be made is named', async t => {
  const home = createHome(t);
  writeFileSync(home.folder, 'a file');
  await refusesWith(home, 'folder-not-writable');
});

test('a token file that others may read is replaced, not used', async t => {
  const home = createHome(t);
  const endpoint = await home.ensure();
  process.kill(endpoint.keeperPid, 'SIGKILL');
  assert.equal(await waitForAgentEnd(endpoint), true);
  const before = readFileSync(home.paths.ownerTokenFile, 'utf8');
  chmodSync(home.paths.ownerTokenFile, 0o644);
  await home.ensure();
  assert.notEqual(readFileSync(home.paths.ownerTokenFile, 'utf8'), before);
  await assert.rejects(home.connect(before.trim()), /HTTP 401/);
});
