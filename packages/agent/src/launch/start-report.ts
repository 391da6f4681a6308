// The start report: how a keeper that is nobody's child any more tells the one who started it whether it serves. One file
// with a random name in the private runtime folder, written in one step, read once.
import { randomBytes } from 'node:crypto';
import { type FSWatcher, readdirSync, rmSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { type ErrorCode, isErrorCode, LonghaulError } from '@longhaul/agent-protocol';
import * as v from 'valibot';
import { defaults } from '../options.ts';
import { readPrivateFile, writePrivateFile } from '../platform/private-file.ts';

const StartReport = v.union([
  v.object({ ok: v.literal(true) }),
  v.object({ error: v.object({ code: v.custom<ErrorCode>(isErrorCode), message: v.string() }) }),
]);
export type StartReport = v.InferOutput<typeof StartReport>;

const prefix = 'start-';
/** Reports that nobody came for are removed by a later start. Milliseconds. */
const staleMs = 600_000;

export function newReportFile(folder: string): string {
  return join(folder, `${prefix}${randomBytes(12).toString('hex')}.json`);
}

export function writeStartReport(file: string, report: StartReport): void {
  writePrivateFile(file, JSON.stringify(report));
}

/** Reads and removes the report; `undefined` when it is not there yet. */
export function takeStartReport(file: string): StartReport | undefined {
  const text = readPrivateFile(file);
  if (text === undefined) return undefined;
  rmSync(file, { force: true });
  try {
    return v.parse(StartReport, JSON.parse(text));
  } catch (cause) {
    throw new LonghaulError('internal', `the start report ${file} cannot be understood`, { cause });
  }
}

/** Waits for the report; rejects with the signal's reason. */
export async function awaitStartReport(file: string, folder: string, signal: AbortSignal): Promise<StartReport> {
  const found = Promise.withResolvers<StartReport>();
  const look = () => {
    try {
      const report = takeStartReport(file);
      if (report !== undefined) found.resolve(report);
    } catch (error) {
      found.reject(error);
    }
  };
  const give = () => found.reject(signal.reason);
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(folder, look);
    watcher.on('error', () => {});
  } catch {
    // no watches left on this machine: the poll finds it
  }
  const poll = setInterval(look, defaults.launch.pollMs);
  signal.addEventListener('abort', give);
  try {
    if (signal.aborted) give();
    look();
    return await found.promise;
  } finally {
    signal.removeEventListener('abort', give);
    clearInterval(poll);
    watcher?.close();
  }
}

export function removeStaleReports(folder: string, now: number): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(prefix)) continue;
    const file = join(folder, name);
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats !== undefined && now - stats.mtimeMs > staleMs) rmSync(file, { force: true });
  }
}
