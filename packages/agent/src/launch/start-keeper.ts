// Starting a keeper that nobody will be the parent of: through the service manager where there is one, else as a process of
// its own session, with none of our descriptors and outside our control group. Returns when it serves, or throws why not.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, ftruncateSync, openSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { LonghaulError } from '@longhaul/agent-protocol';
import { type Paths, privateFolders, resolvePaths } from '../paths.ts';
import { highestInheritable } from '../platform/descriptors.ts';
import { isFull, isOutOfSpace } from '../platform/free-space.ts';
import { ensurePrivateFolder } from '../platform/private-folder.ts';
import { nodeFlags, programFile } from '../platform/source.ts';
import { agentEnvironment, placeNames } from './environment.ts';
import { currentUmask, startService, usableManager } from './service-manager.ts';
import { awaitStartReport, newReportFile, takeStartReport } from './start-report.ts';

/** The crash log starts anew above this size, when a keeper is started. Bytes. */
const maxCrashLogBytes = 1_048_576;

export interface StartOptions {
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly signal: AbortSignal;
}

/**
 * Starts a keeper in the background and waits until its first agent serves.
 *
 * @throws LonghaulError what the start failed with: `agent-already-running`, `store-unreadable`, `store-newer`,
 * `unsafe-folder`, `folder-not-writable`, `disk-full`, `internal`; `agent-not-reachable` when the keeper ended without a word;
 * the signal's reason when it comes first.
 */
export async function startKeeper({ env = process.env, signal }: StartOptions): Promise<void> {
  signal.throwIfAborted();
  const paths = resolvePaths(env);
  for (const folder of privateFolders(paths)) ensurePrivateFolder(folder);
  const childEnv = agentEnvironment(env, env.LONGHAUL_HOME ? resolve(env.LONGHAUL_HOME) : undefined);
  const reportFile = newReportFile(paths.runtimeFolder);
  const done = new AbortController();
  try {
    const waiting = AbortSignal.any([signal, done.signal]);
    if (!(await startAsService(paths, childEnv, reportFile, env))) {
      spawnDetached(paths, childEnv, reportFile, error => done.abort(error));
    }
    const report = await awaitStartReport(reportFile, paths.runtimeFolder, waiting).catch(error => {
      // It may have reported in the moment it ended.
      const last = takeStartReport(reportFile);
      if (last === undefined) throw error;
      return last;
    });
    if ('error' in report) throw new LonghaulError(report.error.code, report.error.message);
  } finally {
    rmSync(reportFile, { force: true });
  }
}

async function startAsService(
  paths: Paths,
  childEnv: NodeJS.ProcessEnv,
  reportFile: string,
  env: NodeJS.ProcessEnv,
): Promise<boolean> {
  const manager = usableManager(env, process.getuid?.() ?? -1);
  if (manager === undefined) return false;
  const store = createHash('sha256').update(paths.stateFolder).digest('hex').slice(0, 8);
  const command = {
    unit: `longhaul-${store}-${randomBytes(4).toString('hex')}`,
    program: process.execPath,
    args: [...nodeFlags, programFile('keeper/main'), `--report=${reportFile}`],
    environmentNames: Object.keys(childEnv),
    unsetNames: placeNames.filter(name => childEnv[name] === undefined),
    umask: currentUmask(),
    errorFile: paths.crashLogFile,
  };
  // Made here, so that the manager does not make it readable for others.
  closeSync(openCrashLog(paths.crashLogFile));
  return startService(manager, command, childEnv);
}

function spawnDetached(
  paths: Paths,
  childEnv: NodeJS.ProcessEnv,
  reportFile: string,
  failed: (error: LonghaulError) => void,
): void {
  const crashLog = openCrashLog(paths.crashLogFile);
  const nothing = openSync('/dev/null', constants.O_RDWR);
  try {
    // What we would pass on by accident is replaced by /dev/null, which the keeper closes. ('ignore' would leave a
    // descriptor above 2 as it is.)
    const last = highestInheritable();
    const standIns = Array.from({ length: last - 2 }, () => nothing);
    const args = [`--report=${reportFile}`, '--leave-group', `--close-up-to=${last}`];
    const child = spawn(process.execPath, [...nodeFlags, programFile('keeper/main'), ...args], {
      cwd: '/',
      detached: true,
      env: childEnv,
      stdio: ['ignore', 'ignore', crashLog, ...standIns],
    });
    child.on('error', cause => {
      failed(new LonghaulError('agent-not-reachable', `the keeper cannot be started: ${cause.message}`, { cause }));
    });
    child.on('exit', (code, how) => {
      // Its report and its crash log needed room, too.
      const full = [paths.runtimeFolder, paths.stateFolder].find(isFull);
      if (full !== undefined) {
        failed(new LonghaulError('disk-full', `the keeper ended while starting: there is no room left in ${full}`));
        return;
      }
      const message = `the keeper ended while starting (${how ?? `exit code ${code}`}); see ${paths.crashLogFile}`;
      failed(new LonghaulError('agent-not-reachable', message));
    });
    child.unref();
  } finally {
    closeSync(crashLog);
    closeSync(nothing);
  }
}

function openCrashLog(path: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  const file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW);
  if (fstatSync(file).size > maxCrashLogBytes) ftruncateSync(file);
  return file;
}

function open(path: string, flags: number): number {
  try {
    return openSync(path, flags, 0o600);
  } catch (cause) {
    if (!isOutOfSpace(cause)) throw cause;
    throw new LonghaulError('disk-full', `there is no room for ${path}`, { cause });
  }
}
