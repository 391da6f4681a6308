// Runs the small programs of this folder as apps: processes of their own, with nothing but their arguments.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `name` of programs/NAME.ts. */
export async function runProgram(name: string, env: NodeJS.ProcessEnv, ...args: string[]): Promise<Ended> {
  const file = path.join(import.meta.dirname, 'programs', `${name}.ts`);
  const child = spawn(process.execPath, ['--conditions=longhaul-source', file, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, stdout, stderr };
}
