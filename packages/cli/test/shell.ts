// Shell lines with the command in them, in a pipe or in a pseudo-terminal (by script(1), which every Debian has).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { CommandHome } from './command-home.ts';

/** Runs a shell line; `longhaul` in it is the command. `seen` is called with all of stdout so far, and may type. */
export async function runShell(
  home: CommandHome,
  line: string,
  env: NodeJS.ProcessEnv = {},
  seen?: (stdout: string, keyboard: Writable) => void,
) {
  const [program, ...args] = home.command.map(part => `'${part}'`);
  const child = spawn(
    'bash',
    ['-c', `longhaul() { ${program} ${args.join(' ')} "$@"; }; export -f longhaul; ${line}`],
    {
      cwd: home.files,
      env: { ...home.env, ...env },
      stdio: 'pipe',
    },
  );
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', chunk => {
    stdout += chunk;
    seen?.(stdout, child.stdin);
  });
  const isRead = once(child.stdout, 'end');
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit'), isRead]);
  child.stdin.destroy();
  return { code, stdout, stderr };
}

/** The line in a pseudo-terminal of 100 columns and 24 rows. */
export const onTerminal = (line: string) => `SHELL=/bin/bash script -qec 'stty cols 100 rows 24; ${line}' /dev/null`;

export type ShellArguments = Parameters<typeof runShell> extends [CommandHome, ...infer Rest] ? Rest : never;
