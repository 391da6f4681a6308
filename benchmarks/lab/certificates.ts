// A certificate authority of one run and a server certificate for loopback addresses, made by the openssl command.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface Certificates {
  /** What clients are told to trust. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

export function makeCertificates(parent: string, addresses: readonly string[]): Certificates {
  const folder = path.join(parent, 'certificates');
  mkdirSync(folder);
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Benchmark CA', '-days', '2');
  openssl('req', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost');
  writeFileSync(path.join(folder, 'names'), `subjectAltName=${addresses.map(address => `IP:${address}`).join(',')}\n`);
  const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
  openssl('x509', '-req', '-in', 'server.csr', '-out', 'server.pem', ...signing);
  const file = (name: string) => path.join(folder, name);
  return { authority: file('ca.pem'), certificate: file('server.pem'), key: file('server.key') };
}
