import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openLog } from './log.ts';

function logFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'lh-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'agent.log');
}

test('secrets in URLs, headers and causes never reach the log (CVE-2019-3500)', t => {
  const file = logFile(t);
  {
    using log = openLog(file);
    const cause = new Error('GET https://ann:pass1@host/f?sig=pass2#pass3 failed');
    log.info(
      { url: 'https://ann:pass4@host/f?sig=pass5', authorization: 'Bearer pass6', headers: [['cookie', 'pass7']] },
      'x',
    );
    log.error({ err: new Error('outer', { cause }) }, 'at wss://host/?token=pass8 it broke');
    log.warn({ deep: { token: 'pass9' } }, 'x');
  }
  const text = readFileSync(file, 'utf8');
  assert.doesNotMatch(text, /pass\d/);
  assert.match(text, /https:\/\/host\/f\?sig=…/);
  const lines = text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    lines.map(line => line.level),
    ['info', 'error', 'warn'],
  );
});

test('the file is private and a full one makes room', t => {
  const file = logFile(t);
  openLog(file)[Symbol.dispose]();
  assert.equal(statSync(file).mode & 0o777, 0o600);
  truncateSync(file, 9_000_000);
  using log = openLog(file);
  log.info({}, 'after');
  assert.equal(statSync(`${file}.1`).size, 9_000_000);
  assert.match(readFileSync(file, 'utf8'), /"after"/);
});
