// Sees to the Debian packages that tests (debian-packages.json) or benchmarks need. As root on Debian what is missing is
// installed, starting no daemons; otherwise it is named: tests that need it skip themselves, benchmarks fail.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface PackageList {
  /** JSON file: package name to what it is for. */
  readonly list: string;
  /** Who needs them, for people. */
  readonly what: string;
}

const forTests: PackageList = { list: path.join(import.meta.dirname, 'debian-packages.json'), what: 'tests' };

function isInstalled(name: string): boolean {
  const result = spawnSync('dpkg-query', ['--status', name], { encoding: 'utf8' });
  return result.status === 0 && /^Status: install ok installed$/m.test(result.stdout);
}

function apt(args: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const result = spawnSync('apt-get', args, { env, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (result.status !== 0) console.error(`apt-get ${args[0]}: ${(result.stderr || String(result.error)).trim()}`);
  return result.status === 0;
}

/** Runs `work` while dpkg may start no services (policy-rc.d answers 101). */
function withoutDaemons<T>(work: () => T): T {
  const policy = '/usr/sbin/policy-rc.d';
  const isOurs = !existsSync(policy);
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return work();
  } finally {
    if (isOurs) rmSync(policy, { force: true });
  }
}

/** Installs what is missing where that is possible; returns the names that are still missing. */
export function installDebianPackages({ list, what }: PackageList = forTests): string[] {
  const wanted: Record<string, string> = JSON.parse(readFileSync(list, 'utf8'));
  if (!existsSync('/etc/debian_version')) {
    console.error(
      `This is no Debian; ${what} need: ${Object.keys(wanted).join(', ')}. What is missing is not installed.`,
    );
    return [];
  }
  const missing = Object.keys(wanted).filter(name => !isInstalled(name));
  if (missing.length === 0) return [];
  if (process.getuid?.() !== 0) {
    for (const name of missing)
      console.error(`missing Debian package: ${name} (${wanted[name]}); its ${what} do not run`);
    return missing;
  }
  console.error(`Installing Debian packages for the ${what}, starting no daemons: ${missing.join(', ')}`);
  withoutDaemons(() => {
    apt(['update', '-q']);
    apt(['install', '-q', '-y', '--no-install-recommends', ...missing]);
  });
  return missing.filter(name => !isInstalled(name));
}
