// One round of the crash test: an app, its agent and keeper in a folder of their own, an origin, and SIGKILLs. The seed
// decides sizes, who is killed and when; `aim` also kills the agent before or after one named step of agent/src/steps.ts.
// It throws an AssertionError that names the seed when a file, a record or a promise was lost.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BackgroundDownloader, connectAgent } from '@longhaul/client';
import { type SeededRandom, seededRandom } from '@longhaul/testing';
import { bodyOf, type Origin, sha256 } from '@longhaul/testing/origin';
import type { PlannedFile } from './app.ts';

export interface RoundReport {
  seed: number;
  aim: string | null;
  /** Who was killed, in order. */
  kills: string[];
  /** True when the aimed step was reached and the agent died there. */
  wasHit: boolean;
}

const victims = ['agent', 'keeper', 'app'] as const;

export async function crashRound(
  seed: number,
  aim: string | null,
  origin: Origin,
  killCount: number,
): Promise<RoundReport> {
  const random = seededRandom(seed);
  const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-crash-'));
  const downloads = path.join(folder, 'downloads');
  const planFile = path.join(folder, 'plan.json');
  const journalFile = path.join(folder, 'journal');
  const mark = path.join(folder, 'mark');
  const report: RoundReport = { seed, aim, kills: [], wasHit: false };
  mkdirSync(downloads);
  writeFileSync(journalFile, '');

  const plan = planFiles(random, origin, downloads, seed);
  writeFileSync(planFile, JSON.stringify(plan));

  const home = path.join(folder, 'home');
  const env = {
    ...process.env,
    LONGHAUL_HOME: home,
    NODE_TEST_CONTEXT: '',
    ...(aim === null ? {} : { LONGHAUL_CRASH_AT: aim, LONGHAUL_CRASH_MARK: mark }),
  };
  let appOutput = '';
  const startApp = () => {
    const app = spawn(
      process.execPath,
      ['--conditions=longhaul-source', path.join(import.meta.dirname, 'app.ts'), planFile, journalFile],
      { env, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    app.stderr!.setEncoding('utf8').on('data', text => (appOutput += text));
    return app;
  };

  try {
    let app = startApp();
    for (let kill = 0; kill < killCount; kill += 1) {
      await Promise.race([delay(100 + random.below(900)), once(app, 'exit')]);
      if (app.exitCode !== null) break;
      const victim = random.pick(victims);
      if (await killVictim(victim, app, home)) report.kills.push(victim);
      if (victim === 'app') {
        if (app.exitCode === null && app.signalCode === null) await once(app, 'exit');
        app = startApp();
      }
    }
    const code = app.exitCode ?? (await once(app, 'exit'))[0];
    assert.equal(code, 0, `the app must reach its end\n${appOutput}`);
    report.wasHit = existsSync(mark);
    await verify(plan, journalFile, downloads, env);
    return report;
  } catch (error) {
    const log = path.join(home, 'state', 'agent.log');
    const tail = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(-40).join('\n') : '';
    throw new Error(`seed ${seed}, aim ${aim}, kills ${report.kills.join(' ')}\n${appOutput}\n${tail}`, {
      cause: error,
    });
  } finally {
    await stopAgent(env);
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Planned extends PlannedFile {
  readonly size: number;
  /** What the origin makes its bytes from. */
  readonly bodyName: string;
}

/** One file for each way a download can go; the canceled one is the largest, so that the cancel comes in time. */
function planFiles(random: SeededRandom, origin: Origin, folder: string, seed: number): Planned[] {
  const plan = (name: string, wanted: PlannedFile['wanted'], isPaused: boolean, size: number): Planned => {
    const url = name === 'missing' ? `${origin.url}/missing` : `${origin.url}/${name}?size=${size}`;
    return { url, file: path.join(folder, name), wanted, isPaused, size, bodyName: name };
  };
  const fickle = plan('fickle', 'completed', false, 400_000 + random.below(800_000));
  return [
    plan('plain', 'completed', false, 50_000 + random.below(1_500_000)),
    // Long enough for several connections.
    plan('wide', 'completed', false, 3_000_000 + random.below(1_000_000)),
    plan('paused', 'completed', true, 300_000 + random.below(1_200_000)),
    plan('removed', 'removed', false, 50_000 + random.below(600_000)),
    plan('canceled', 'canceled', true, 2_000_000 + random.below(1_000_000)),
    plan('missing', 'error', false, 0),
    { ...fickle, url: `${fickle.url}&fickle&round=${seed}-${random.below(2 ** 31)}`, bodyName: 'fickle.2' },
  ];
}

/** SIGKILL; false when the victim does not run at this moment. */
async function killVictim(victim: (typeof victims)[number], app: ChildProcess, home: string): Promise<boolean> {
  if (victim === 'app') return app.kill('SIGKILL');
  const keeperPid = pidOfKeeper(home);
  if (keeperPid === null) return false;
  const pid = victim === 'keeper' ? keeperPid : childOf(keeperPid);
  if (pid === null) return false;
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false; // it died by itself, at its aimed step
  }
}

function pidOfKeeper(home: string): number | null {
  try {
    return JSON.parse(readFileSync(path.join(home, 'state', 'endpoint.json'), 'utf8')).keeperPid ?? null;
  } catch {
    return null; // not started yet, or between two keepers
  }
}

function childOf(pid: number): number | null {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return children === '' ? null : Number(children.split(' ')[0]);
  } catch {
    return null;
  }
}

async function stopAgent(env: NodeJS.ProcessEnv): Promise<void> {
  const command = path.join(import.meta.dirname, '../../packages/cli/bin/longhaul.cjs');
  const { LONGHAUL_CRASH_AT: _at, LONGHAUL_CRASH_MARK: _mark, ...plain } = env;
  const child = spawn(process.execPath, [command, 'agent', 'stop'], { env: plain, stdio: 'ignore' });
  await once(child, 'exit');
}

async function verify(plan: Planned[], journalFile: string, downloads: string, env: NodeJS.ProcessEnv): Promise<void> {
  const journal = readFileSync(journalFile, 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as { what: string; file: string; id: string });
  await using agent = await connectAgent({ app: 'com.example.crash', env });
  const records = (await BackgroundDownloader.currentDownloads(agent)).map(each => each.record);

  for (const file of plan) {
    const ofFile = journal.filter(line => line.file === file.file);
    assert.equal(
      new Set(ofFile.map(line => line.id)).size,
      1,
      `${file.file}: an acknowledged operation was lost and made again`,
    );
    const record = records.find(each => each.file === file.file);
    const outcome = ofFile.findLast(line => ['completed', 'canceled', 'error'].includes(line.what))?.what;
    if (file.wanted === 'removed') assert.equal(record, undefined, `${file.file} came back after its removal`);
    else assert.equal(record?.status, outcome, file.file);
    // A cancel that came too late finds it completed; both are right, but the file must agree with the record.
    if (file.wanted !== 'canceled')
      assert.equal(outcome, file.wanted === 'removed' ? 'completed' : file.wanted, file.file);
    if (outcome === 'completed') {
      const wanted = sha256(bodyOf(file.bodyName, file.size));
      assert.equal(sha256(readFileSync(file.file)), wanted, `${file.file} is not byte-identical`);
    } else assert.equal(existsSync(file.file), false, `${file.file} must not exist`);
  }
  assert.equal(records.length, plan.filter(file => file.wanted !== 'removed').length, 'a record too many');
  const expected = plan.filter(file => existsSync(file.file)).map(file => path.basename(file.file));
  assert.deepEqual(readdirSync(downloads).sort(), expected.sort(), 'something was left over in the folder');
}
