// kill -9 before and after every named step, and at seeded moments: each file is byte-identical in the end, nothing is left
// over, nothing is lost. A sample by default; LONGHAUL_CRASH_ROUNDS=all takes every step and more moments. LONGHAUL_SEED repeats.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { TransferRecord } from '@longhaul/agent-protocol';
import { seededRandom } from '@longhaul/testing';
import { transferSteps } from '../../src/steps.ts';
import { answer, bodyOf, type Handler, head, Origin, serveFile, servePaced, serveStart } from './origin.ts';
import { sha256 } from './room.ts';

const body = bodyOf('crash', 700_000);
const changed = bodyOf('crash, changed', 650_000);

const aims = transferSteps.flatMap(name => [`before:${name}`, `after:${name}`]);
const random = seededRandom();
const takesAll = process.env.LONGHAUL_CRASH_ROUNDS === 'all';
const chosen = takesAll ? aims : shuffled(aims).slice(0, 14);
const moments = Array.from({ length: takesAll ? 60 : 4 }, () => random.below(500));

function shuffled<T>(items: readonly T[]): T[] {
  const left = [...items];
  return items.map(() => left.splice(random.below(left.length), 1)[0]!);
}

const handler: Handler = (request, socket) => {
  const hasRange = request.headers.has('range');
  switch (request.path) {
    case '/file':
      return serveFile(request, socket, body);
    case '/paced':
      // Whoever asks for a part is given it soon; the first connection alone would need more than two seconds.
      return servePaced(request, socket, body, { bytesPerSecond: hasRange ? 1_500_000 : 300_000 });
    case '/slow': {
      if (hasRange) return serveFile(request, socket, body);
      serveStart(socket, body, 300_000);
      const timer = setTimeout(() => socket.write(body.subarray(300_000)), 120);
      socket.once('close', () => clearTimeout(timer));
      return;
    }
    case '/changing':
      if (hasRange) return serveFile(request, socket, changed, '"two"');
      // Whoever comes without a range gets the old file and a cut: only a resume learns of the change.
      serveStart(socket, body, 200_000);
      setTimeout(() => socket.destroy(), 60);
      return;
    case '/endless':
      socket.write(head(200, { ETag: '"one"', 'Content-Length': 9_000_000 }));
      socket.write(body);
      return;
    default:
      return answer(socket, 404, {});
  }
};

interface Life {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly output: string;
  readonly complaint: string;
}

describe('a room that is killed', { concurrency: 2 }, () => {
  let origin: Origin;
  before(async () => {
    process.stderr.write(`crash test: LONGHAUL_SEED=${random.seed}, ${chosen.length} of ${aims.length} aims\n`);
    origin = await Origin.listen(handler);
  });
  after(() => origin[Symbol.asyncDispose]());

  /** Killed at a step, or at `kill`: after so many milliseconds, or when it says so on stderr. */
  async function live(folder: string, crashAt: string | undefined, kill?: number | string): Promise<Life> {
    const { LONGHAUL_CRASH_AT: _, ...env } = process.env;
    const child = spawn(
      process.execPath,
      ['--conditions=longhaul-source', join(import.meta.dirname, 'crash-child.ts'), folder, String(origin.port)],
      {
        env: { ...env, ...(crashAt !== undefined && { LONGHAUL_CRASH_AT: crashAt }) },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let output = '';
    let complaint = '';
    child.stdout.setEncoding('utf8').on('data', text => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', text => {
      complaint += text;
      if (typeof kill === 'string' && complaint.includes(kill)) child.kill('SIGKILL');
    });
    const timer = typeof kill === 'number' ? setTimeout(() => child.kill('SIGKILL'), kill) : undefined;
    const { promise, resolve } = Promise.withResolvers<Life>();
    child.once('close', (code, signal) => resolve({ code, signal, output, complaint }));
    const life = await promise;
    clearTimeout(timer);
    return life;
  }

  async function inFolder(act: (folder: string) => Promise<void>): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'longhaul-crash-'));
    try {
      writeFileSync(join(folder, 'theirs.bin'), 'theirs');
      writeFileSync(join(folder, 'old.bin'), 'old');
      await act(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async function assertRecovers(folder: string): Promise<void> {
    const life = await live(folder, undefined);
    assert.equal(life.code, 0, life.complaint);
    const records = JSON.parse(life.output) as TransferRecord[];
    const found = (name: string) => sha256(readFileSync(join(folder, name)));
    const same = ['1.bin', '3.bin', '8.bin', '11.bin', '13.bin', 'old.bin', 'theirs (1).bin', 'sub/7.bin'];
    for (const name of same) assert.equal(found(name), sha256(body), name);
    assert.equal(found('2.bin'), sha256(changed));
    assert.equal(readFileSync(join(folder, 'theirs.bin'), 'utf8'), 'theirs');
    const names = readdirSync(folder, { recursive: true }).map(String);
    const ours = ['agent.lock', 'sub', 'away'];
    const files = names.filter(name => !name.startsWith('state') && !ours.includes(name)).sort();
    assert.deepEqual(files, [...same, '2.bin', 'theirs.bin'].sort(), 'nothing is missing, nothing is left over');
    const statusOf = new Map(records.map(record => [Number(record.id.slice(-2)), record.status]));
    const completed = [1, 2, 3, 7, 8, 9, 10, 11, 13].map(number => statusOf.get(number));
    assert.deepEqual(new Set(completed), new Set(['completed']));
    const others = [4, 5, 6, 12].map(number => statusOf.get(number));
    assert.deepEqual(others, ['canceled', undefined, 'error', 'canceled']);
    const verified = records.filter(({ checksum }) => checksum?.isVerified).map(({ id }) => Number(id.slice(-2)));
    assert.deepEqual(
      verified.sort((a, b) => a - b),
      [1, 3, 13],
    );
    for (const record of records)
      if (record.status === 'completed') assert.equal(record.bytesReceived, record.totalBytesToReceive);
  }

  for (const aim of chosen) {
    test(`${aim}: it recovers`, () =>
      inFolder(async folder => {
        const life = await live(folder, aim);
        assert.equal(life.signal, 'SIGKILL', `the step was met: ${life.complaint}`);
        await assertRecovers(folder);
      }));
  }

  test('while several connections bring a file: it recovers', () =>
    inFolder(async folder => {
      const life = await live(folder, undefined, 'several connections');
      assert.equal(life.signal, 'SIGKILL', `there were several: ${life.complaint}`);
      await assertRecovers(folder);
    }));

  for (const [round, ms] of moments.entries()) {
    test(`moment ${round}, three lives of up to ${100 + ms} ms: it recovers`, () =>
      inFolder(async folder => {
        for (const share of [1, 0.7, 0.4]) await live(folder, undefined, 100 + ms * share);
        await assertRecovers(folder);
      }));
  }
});
