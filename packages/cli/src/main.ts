// The `longhaul` program: joins the process with the commands. Exports nothing, reads process.argv.

import type { WaitSignal } from './exit-codes.ts';
import { tolerateClosedPipes } from './output/output.ts';
import { runProgram } from './program.ts';

const { stdout, stderr, stdin } = process;
tolerateClosedPipes({ stdout, stderr });

const exitCode = await runProgram(process.argv.slice(2), {
  stdin,
  stdout,
  stderr,
  env: process.env,
  currentFolder: process.cwd(),
  onEndSignal(callback) {
    const signals: WaitSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    const listeners = signals.map(signal => ({ signal, listener: () => callback(signal) }));
    for (const { signal, listener } of listeners) process.on(signal, listener);
    return {
      [Symbol.dispose]: () => {
        for (const { signal, listener } of listeners) process.off(signal, listener);
      },
    };
  },
});
process.exitCode = exitCode;
