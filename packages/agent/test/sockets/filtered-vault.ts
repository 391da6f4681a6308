// A vault and its agent in one process whose kernel refuses PR_SET_PTRACER, as a container's seccomp filter may: started by a test,
// because such a filter is for life. Says what the agent's hello comes to.

import { VaultServer } from '../../src/keeper/vault-server.ts';
import { libc } from '../../src/platform/kernel/libc.ts';
import { birthOf } from '../../src/platform/process-facts.ts';
import { newToken } from '../../src/platform/tokens.ts';
import { VaultLink } from '../../src/sockets/vault-link.ts';

const PR_SET_SECCOMP = 22;
const SECCOMP_MODE_FILTER = 2;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_SET_PTRACER = 0x59616d61;
const prctlNumber = process.arch === 'x64' ? 157 : 167;

const [path = ''] = process.argv.slice(2);

// struct sock_filter: what it does, where to go on when that is so and when not, with what; struct seccomp_data has the call's number
// at 0 and its first argument at 16.
const filter: readonly (readonly [code: number, isSo: number, isNot: number, value: number])[] = [
  [0x20, 0, 0, 0],
  [0x15, 0, 3, prctlNumber],
  [0x20, 0, 0, 16],
  [0x15, 0, 1, PR_SET_PTRACER],
  [0x06, 0, 0, 0x00050001], // EPERM
  [0x06, 0, 0, 0x7fff0000], // as ever
];
const { koffi, prctl } = libc();
const size = 16 + filter.length * 8;
const address = koffi.address(koffi.alloc('uint8_t', size));
const memory = Buffer.from(koffi.view(address, size));
memory.fill(0);
memory.writeUInt16LE(filter.length, 0); // struct sock_fprog
memory.writeBigUInt64LE(address + 16n, 8);
for (const [index, [code, isSo, isNot, value]] of filter.entries()) {
  const at = 16 + index * 8;
  memory.writeUInt16LE(code, at);
  memory.writeUInt8(isSo, at + 2);
  memory.writeUInt8(isNot, at + 3);
  memory.writeUInt32LE(value, at + 4);
}
if (
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) !== 0 ||
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, Number(address), 0, 0) !== 0
) {
  throw new Error('no filter can be set here');
}
if (prctl(PR_SET_PTRACER, process.pid, 0, 0, 0) !== -1) throw new Error('nothing is refused');

const key = newToken();
using _vault = new VaultServer({ path, key, capacity: 10 });
const vaultAddress = { number: 1, path, key, pid: process.pid, born: birthOf(process.pid) ?? '' };
const nobody = { activity: () => {}, lost: () => {}, silent: () => {} };
const said = await VaultLink.open(vaultAddress, { generation: 1, deadlineMs: 5_000 }, nobody).then(
  link => `room for ${link.room}`,
  error => error.code,
);
console.log(said);
process.exit(0);
