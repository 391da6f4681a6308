// `npm run soak`: the long counts that `npm test` only samples. Writes conformance/soak.json, which is committed.
//   npm run soak                     500 kills of the crash test, half of them aimed at the named steps; each room's own crash
//                                    test with every step of it; 1,000 cuts of a hub connection for each protocol;
//                                    100,000 wakes of parked sockets under kills, and 45,000 parked at once; the fuzzers
//   npm run soak -- --crashes 50     fewer
//   npm run soak -- --only cuts      one part (crash, rooms, cuts, parked, crowd, fuzz); what the file says of the others stays

import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startOrigin } from '@longhaul/testing/origin';
import { crashRound, type RoundReport } from '../conformance/crash/round.ts';
import { crowdStory } from '../conformance/parked/crowd/crowd-story.ts';
import { parkedStory } from '../conformance/parked/story.ts';
import { transferSteps } from '../packages/agent/src/steps.ts';

const root = path.join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    crashes: { type: 'string', default: '500' },
    cuts: { type: 'string', default: '1000' },
    wakes: { type: 'string', default: '100000' },
    parked: { type: 'string', default: '15000' },
    'fuzz-seconds': { type: 'string', default: '120' },
    only: { type: 'string' },
    seed: { type: 'string', default: String(randomInt(1, 2 ** 31)) },
  },
});
const seed = Number(values.seed);
const wanted = Number(values.crashes);
const roomsThatCrash = [
  'packages/agent/test/transfers/crash.test.ts',
  'packages/agent/test/sockets/crash.test.ts',
  'packages/agent/test/tasks/crash.test.ts',
  'packages/client/test/sockets/agent-death.test.ts',
];

/** SIGKILLs until `wanted` have happened: rounds with random victims alternate with rounds aimed at each step in turn. */
async function crashSoak() {
  const aims = transferSteps.flatMap(step => [`before:${step}`, `after:${step}`]);
  const reports: RoundReport[] = [];
  const failures: string[] = [];
  let started = 0;
  let kills = 0;
  await using origin = await startOrigin(3_000_000, { isRatePerConnection: true });
  const worker = async () => {
    while (kills < wanted && failures.length === 0) {
      const round = started++;
      const aim = round % 2 === 0 ? null : aims[((round - 1) / 2) % aims.length]!;
      try {
        const report = await crashRound(seed + round, aim, origin, aim === null ? 5 : 0);
        reports.push(report);
        kills += report.kills.length + (report.wasHit ? 1 : 0);
        if (reports.length % 20 === 0) console.error(`soak: ${reports.length} rounds, ${kills} of ${wanted} kills`);
      } catch (error) {
        failures.push(error instanceof Error ? `${error.message}\n${error.cause}` : String(error));
      }
    }
  };
  await Promise.all([worker(), worker()]);
  for (const failure of failures) console.error(failure);
  const count = (victim: string) => reports.flatMap(report => report.kills).filter(kill => kill === victim).length;
  return {
    seed,
    rounds: reports.length,
    kills: {
      agent: count('agent'),
      keeper: count('keeper'),
      app: count('app'),
      atNamedStep: reports.filter(r => r.wasHit).length,
    },
    stepsHit: [...new Set(reports.filter(report => report.wasHit).map(report => report.aim))].sort(),
    requestsContinued: origin.resumed,
    failures,
    passed: failures.length === 0,
  };
}

/** Each room by itself, killed before and after every step, also those that only odd origins and full disks reach. */
function roomsSoak() {
  const env = { LONGHAUL_CRASH_ROUNDS: 'all', LONGHAUL_SEED: String(seed) };
  const files = roomsThatCrash.map(file => ({ file, passed: testPasses(file, env) }));
  return { seed, files, passed: files.every(each => each.passed) };
}

/** Stateful reconnect of hub connections under cuts at random moments. */
function cutSoak() {
  const file = 'packages/hubs/test/stateful-reconnect.test.ts';
  const cutsOfEachProtocol = Number(values.cuts);
  const env = { LONGHAUL_CUTS: String(cutsOfEachProtocol), LONGHAUL_SEED: String(seed) };
  return { file, cutsOfEachProtocol, seed, passed: testPasses(file, env) };
}

/** Numbered streams over many wakes, while app, task host and agent are killed. */
async function parkedSoak() {
  const wakes = Number(values.wakes);
  let told = 0;
  const report = await parkedStory({
    seed,
    wakes,
    sockets: 200,
    wakesPerKill: 1_000,
    progress: ({ wakes: now, kills, seconds }) => {
      if (seconds - told < 20) return;
      told = seconds;
      console.error(`soak: ${now} of ${wakes} wakes, ${kills} kills, ${Math.round(seconds)} s`);
    },
  });
  return { ...report, passed: true };
}

/** As many parked as three vaults hold, and the agent is killed under them. */
async function crowdSoak() {
  const report = await crowdStory({ groups: 3, each: Number(values.parked), kills: 3 });
  return { ...report, passed: report.lost === 0 };
}

function fuzzSoak() {
  const seconds = Number(values['fuzz-seconds']);
  const env = { LONGHAUL_FUZZ_MS: String(seconds * 1000), LONGHAUL_SEED: String(seed) };
  const files = globSync('packages/*/{src,test}/**/*fuzz*.test.ts', { cwd: root }).map(file => ({
    file,
    passed: testPasses(file, env),
  }));
  return { seconds, seed, files, passed: files.every(each => each.passed) };
}

function testPasses(file: string, env: Record<string, string>): boolean {
  const result = spawnSync(process.execPath, ['--conditions=longhaul-source', '--test', file], {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (result.status !== 0) console.error(result.stdout);
  return result.status === 0;
}

const parts: Readonly<Record<string, () => { readonly passed: boolean } | Promise<{ readonly passed: boolean }>>> = {
  crash: crashSoak,
  rooms: roomsSoak,
  cuts: cutSoak,
  parked: parkedSoak,
  crowd: crowdSoak,
  fuzz: fuzzSoak,
};
const { only } = values;
if (only !== undefined && !Object.hasOwn(parts, only)) {
  console.error(`soak: there is no part '${only}', only ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}
const file = path.join(root, 'conformance/soak.json');
const report = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
for (const [name, run] of Object.entries(parts)) {
  if (only !== undefined && only !== name) continue;
  const result = await run();
  report[name] = { date: new Date().toISOString(), node: process.version, ...result };
  if (!result.passed) process.exitCode = 1;
}
writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
console.log(JSON.stringify(report, null, 2));
