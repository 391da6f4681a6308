// `npm start`: the main job on real input, told while it happens. A keeper and agent in a folder of their own, a rate-limited
// origin on loopback, an app that submits downloads and exits, a kill -9 in the middle, files compared by SHA-256.
// Then it stays with the dashboard until Ctrl-C; with `--tour-only` it ends, exit code 0 only if every step held.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { findAgent, waitForAgentEnd } from '@longhaul/agent/launch';
import { BackgroundDownloader, connectAgent, type DownloadOperation } from '@longhaul/client';
import { bodyOf, type Origin, sha256, startOrigin } from '@longhaul/testing/origin';
import { buildDashboard } from './build.ts';

const root = path.join(import.meta.dirname, '..');
const mebibyte = 1024 * 1024;
const bytesPerSecond = 3 * mebibyte;
const files = [
  { name: 'film.mp4', size: 30 * mebibyte },
  { name: 'atlas.zip', size: 24 * mebibyte },
  { name: 'songs.tar', size: 18 * mebibyte },
];

const say = (text = '') => console.log(text);
const mebibytes = (bytes: number) => `${(bytes / mebibyte).toFixed(1)} MiB`;
const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

let failedSteps = 0;

/** One claim of the tour: a tick when it holds, and what was wrong when it does not. */
function claim(text: string, isTrue: boolean, detail = ''): void {
  if (!isTrue) failedSteps += 1;
  say(`   ${isTrue ? '✔' : '✘'} ${text}${isTrue || detail === '' ? '' : ` (${detail})`}`);
}

/** Runs the example app as a user would; its lines are shown. */
async function runApp(origin: Origin, folder: string, env: NodeJS.ProcessEnv): Promise<{ pid: number; code: number }> {
  const pairs = files.flatMap(file => [`${origin.url}/${file.name}?size=${file.size}`, path.join(folder, file.name)]);
  const script = path.join(root, 'examples/download-and-exit/submit.ts');
  const app = spawn(process.execPath, ['--conditions=longhaul-source', script, ...pairs], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(app, 'exit');
  for await (const line of createInterface({ input: app.stdout! })) say(`     app: ${line}`);
  const [code] = await exited;
  return { pid: app.pid!, code };
}

/** Resolves when every download has passed `fraction` of its bytes. */
async function progressed(downloads: DownloadOperation[], fraction: number): Promise<void> {
  const isThere = (download: DownloadOperation) =>
    download.record.status === 'completed' ||
    download.record.bytesReceived > download.record.totalBytesToReceive * fraction;
  await Promise.all(
    downloads.map(
      download =>
        new Promise<void>((resolve, reject) => {
          const look = () => isThere(download) && resolve();
          download.attach({ onProgress: look }).then(look, reject);
        }),
    ),
  );
}

async function tour(origin: Origin, folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  say(`\n1. An app hands over ${files.length} downloads and exits (origin at ${mebibytes(bytesPerSecond)}/s a file)`);
  const app = await runApp(origin, folder, env);
  claim(
    `the app (pid ${app.pid}) has ended; nothing of it runs any more`,
    app.code === 0 && !isAlive(app.pid),
    `code ${app.code}`,
  );

  say('\n2. The agent that the app has started carries them on');
  await using agent = await connectAgent({ env, start: 'never' });
  const downloads = await BackgroundDownloader.currentDownloads(agent);
  claim(`${downloads.length} downloads are known to it`, downloads.length === files.length);
  // Past the first checkpoint (3 s), so that there is something to go on from.
  await progressed(downloads, 0.38);
  for (const { record } of downloads)
    say(
      `     ${path.basename(record.file)}: ${mebibytes(record.bytesReceived)} of ${mebibytes(record.totalBytesToReceive)}`,
    );
  claim(
    'bytes arrive although the app is gone',
    downloads.every(download => download.record.bytesReceived > 0),
  );

  const before = await agent.getStatus();
  say(`\n3. kill -9 ${before.pid}: the agent dies in the middle`);
  process.kill(before.pid, 'SIGKILL');
  const now = await agent.getStatus();
  claim(
    `the keeper (pid ${now.keeperPid}) has started a new agent (pid ${now.pid})`,
    now.pid !== before.pid && now.keeperPid === before.keeperPid,
  );

  say('\n4. The transfers go on where their bytes were safe, and end');
  const records = await Promise.all(downloads.map(download => download.attach()));
  claim(`${origin.resumed} requests continued a file by Range and If-Range`, origin.resumed > 0);
  claim(
    'all are completed',
    records.every(record => record.status === 'completed'),
  );
  for (const file of files) {
    const wanted = sha256(bodyOf(file.name, file.size));
    const got = sha256(readFileSync(path.join(folder, file.name)));
    claim(`${file.name}: SHA-256 ${got.slice(0, 16)}… is the origin's`, got === wanted, `wanted ${wanted}`);
  }
  const names = readdirSync(folder).sort();
  claim('nothing is left over in the folder', names.length === files.length, names.join(' '));
}

/** The live page, until Ctrl-C: one slow download to watch, a fresh link on Enter. */
async function stay(
  origin: Origin,
  folder: string,
  env: NodeJS.ProcessEnv,
  interrupted: Promise<unknown>,
): Promise<void> {
  await using agent = await connectAgent({ env });
  const downloader = new BackgroundDownloader(agent);
  const download = await downloader.createDownload(
    `${origin.url}/long.iso?size=${1536 * mebibyte}`,
    path.join(folder, 'long.iso'),
  );
  download.start().catch(() => {}); // it ends with the tour, finished or not
  const showLink = async () => say(`   ${(await agent.openDashboard()).url}`);
  say('\nThe dashboard (the link opens one session within 60 s; press Enter for a fresh one):\n');
  await showLink();
  say(
    `\nA download of your own, beside these:\n\n   LONGHAUL_HOME=${env.LONGHAUL_HOME} npx longhaul download URL\n\nCtrl-C ends everything and removes the tour's folder.`,
  );
  const input = process.stdin.isTTY ? createInterface({ input: process.stdin }) : undefined;
  input?.on('line', () => void showLink());
  // readline takes Ctrl-C away from the process; give it back.
  input?.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  await interrupted;
  input?.close();
}

async function stopAgent(env: NodeJS.ProcessEnv): Promise<void> {
  const endpoint = await findAgent({ env });
  if (endpoint === undefined) return;
  await using agent = await connectAgent({ env });
  await agent.stop();
  await waitForAgentEnd(endpoint);
}

const interrupted = Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map(signal => once(process, signal)));
const home = mkdtempSync(path.join(tmpdir(), 'longhaul-tour-'));
const folder = path.join(home, 'downloads');
const env = { ...process.env, LONGHAUL_HOME: home };
mkdirSync(folder);

say('Longhaul: networking that outlives your program.');
say(`This tour keeps everything in ${home}; your own agent, if you have one, is not touched.`);
if (!buildDashboard()) failedSteps += 1;
{
  await using origin = await startOrigin(bytesPerSecond);
  try {
    const told = tour(origin, folder, env).then(() => true);
    const isTold = await Promise.race([told, interrupted.then(() => false)]);
    if (isTold) say(failedSteps === 0 ? '\nEvery step held.' : `\n${failedSteps} steps did not hold.`);
    if (isTold && !process.argv.includes('--tour-only')) await stay(origin, folder, env, interrupted);
  } finally {
    say('\nStopping the agent and removing the folder.');
    await stopAgent(env);
  }
}
rmSync(home, { recursive: true, force: true });
process.exitCode = failedSteps === 0 ? 0 : 1;
process.exit(); // an interrupted tour leaves promises that wait for nothing any more
