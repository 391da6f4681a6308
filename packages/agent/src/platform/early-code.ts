// When V8 makes machine code of what is called: by default after 400 calls, and 3,000 for its best. A wake calls each function a
// few times, so that for the first hundreds of wakes of an agent's life it would be interpreted, in half as much time again (decision 179).
import { setFlagsFromString } from 'node:v8';

/** V8 complains on stderr about flags that it does not know: seen to know these. */
const oldestMajor = 14;
const flags: readonly string[] = [
  '--invocation-count-for-maglev=30',
  '--invocation-count-for-turbofan=200',
  '--minimum-invocations-after-ic-update=10',
];

/** From now on. Not before a process has started: what is called once is not worth it. */
export function compileEarly(): void {
  if (Number.parseInt(process.versions.v8, 10) < oldestMajor) return;
  for (const flag of flags) setFlagsFromString(flag);
}
