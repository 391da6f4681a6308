// The oldest Node that we support: the one that runs this, or fetched once from the npm registry beside the pinned one.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const bootstrap = createRequire(import.meta.url)('../packages/cli/bootstrap.cjs');
export const oldestNode = '24.21.0';

/** Its program; `null` where npm has none. */
export function findOldestNode(): string | null {
  if (process.version.startsWith(`v${bootstrap.minimumMajor}.`)) return process.execPath;
  const target = path.join(
    bootstrap.dataFolder(process.env),
    'node',
    `${oldestNode}-${process.platform}-${process.arch}`,
  );
  const node = path.join(target, 'bin', 'node');
  if (existsSync(node)) return node;
  console.error(`Fetching Node ${oldestNode} from the npm registry`);
  const name = `node-${process.platform}-${process.arch}`;
  const why: string = bootstrap.fetchPackage(bootstrap.npmCommand(process.env), name, oldestNode, target);
  if (why) console.error(`could not fetch ${name}@${oldestNode}: ${why}`);
  return why ? null : node;
}
