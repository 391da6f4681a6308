// `parent` starts `child`, which dies with it; the child's pid is printed once it has said so to the kernel.
import { spawn } from 'node:child_process';
import { dieWithParent } from '../../src/platform/kernel/index.ts';
import { nodeFlags } from '../../src/platform/source.ts';

const [role, parentPid] = process.argv.slice(2);
if (role === 'parent') {
  spawn(process.execPath, [...nodeFlags, import.meta.filename, 'child', String(process.pid)], { stdio: 'inherit' });
} else {
  dieWithParent(Number(parentPid));
  console.log(process.pid);
}
setInterval(() => {}, 60_000);
