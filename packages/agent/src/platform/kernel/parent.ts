// A process that must not outlive the one that started it, whatever kills that one.
import { checked, libc } from './libc.ts';

const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;

/**
 * From now on the kernel kills this process when its parent ends (prctl(2), PR_SET_PDEATHSIG), and if it has ended already,
 * this process ends here. Not inherited by children. The parent's *thread* counts: Node starts children from its main thread.
 *
 * @param parentPid the parent, as it said itself when it started this process; without it a death before this call is missed
 * @throws LonghaulError `not-supported-here`
 */
export function dieWithParent(parentPid: number = process.ppid): void {
  checked('prctl', () => libc().prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
  if (process.ppid !== parentPid) process.kill(process.pid, 'SIGKILL');
}
