// What the kernel says about processes: processor time and memory, from /proc. Linux only, like the agent.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

let ticksPerSecond: number | undefined;

/** User and system time of these processes so far, all threads, without their children. Seconds, by ticks of 10 ms. */
export function cpuSeconds(pids: readonly number[]): number {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]); // utime, stime
  }
  return ticks / ticksPerSecond;
}

function memoryMiB(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  const line = new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (line === null) throw new Error(`process ${pid} has no ${field}`);
  return Number(line[1]) / 1024;
}

/** What it has for itself, and its share of what others have, too: the libraries, Node itself. */
export function proportionalMiB(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s*(\d+) kB$/m.exec(rollup)?.[1]) / 1024;
}

/** Resident memory now. */
export const residentMiB = (pid: number): number => memoryMiB(pid, 'VmRSS');
/** The most that was resident since the start, or since `forgetPeak`. */
export const peakMiB = (pid: number): number => memoryMiB(pid, 'VmHWM');
/** The peak starts anew from what is resident now. */
export const forgetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5');
