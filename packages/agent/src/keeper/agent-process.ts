// One agent process as its parent sees it: started, spoken to, ended. Facts go out through the listener.
import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { nodeFlags, programFile } from '../platform/source.ts';
import { parseToKeeper, type ToAgent, type ToKeeper, type Via } from './wire.ts';

export interface AgentListener {
  said(message: ToKeeper): void;
  /** The process is gone and everything it had said was heard. */
  exited(how: string, isKill: boolean): void;
}

export class AgentProcess {
  readonly #child: ChildProcess;
  #isKilledByUs = false;

  constructor(env: NodeJS.ProcessEnv, listener: AgentListener) {
    const child = fork(programFile('main'), [], {
      cwd: '/',
      env,
      execArgv: [...nodeFlags],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child = child;
    child.on('message', value => {
      const message = parseToKeeper(value);
      if (message !== undefined) listener.said(message);
    });
    child.on('exit', (code, signal) => {
      const isKill = signal === 'SIGKILL' && !this.#isKilledByUs;
      this.#whenHeardOut(() => listener.exited(signal ?? `exit code ${code}`, isKill));
    });
    child.on('error', error => {
      // Otherwise it is about a message that could not be sent, and the exit follows.
      if (child.pid === undefined) listener.exited(error.message, false);
    });
  }

  /**
   * Its last messages may be read after 'exit'. When a connection was on its way Node never emits 'disconnect' (seen with
   * 26.10), so this looks at the channel itself.
   */
  #whenHeardOut(then: () => void, tries = 1_000): void {
    if (this.#child.connected && tries > 0) setTimeout(() => this.#whenHeardOut(then, tries - 1), 1);
    else setImmediate(then);
  }

  send(message: ToAgent): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  pass(via: Via, socket: Socket): void {
    if (this.#child.connected)
      this.#child.send({ type: 'connection', via } satisfies ToAgent, socket, { keepOpen: true }, () => {});
  }

  kill(): void {
    this.#isKilledByUs = true;
    this.#child.kill('SIGKILL');
  }
}
