// A certificate for one test run, made by the openssl command.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Why no test with TLS can run here; `false` when they can. */
export const noTls: string | false =
  spawnSync('openssl', ['version']).status === 0 ? false : 'the openssl command is missing (apt-get install openssl)';

export function certificate(): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-hubs-'));
  const args =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out cert -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1';
  const { status, stderr } = spawnSync('openssl', args.split(' '), { cwd: folder });
  assert.equal(status, 0, String(stderr));
  const files = { key: readFileSync(path.join(folder, 'key')), cert: readFileSync(path.join(folder, 'cert')) };
  rmSync(folder, { recursive: true });
  return files;
}
