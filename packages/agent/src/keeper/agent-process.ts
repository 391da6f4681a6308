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
    let how: string | undefined;
    let isDisconnected = false;
    const settle = () => {
      if (how !== undefined && isDisconnected)
        listener.exited(how, child.signalCode === 'SIGKILL' && !this.#isKilledByUs);
    };
    child.on('message', value => {
      const message = parseToKeeper(value);
      if (message !== undefined) listener.said(message);
    });
    // Both: 'exit' may come before the last messages have been read.
    child.on('exit', (code, signal) => {
      how ??= signal ?? `exit code ${code}`;
      settle();
    });
    child.on('disconnect', () => {
      isDisconnected = true;
      settle();
    });
    child.on('error', error => {
      if (child.pid !== undefined) return; // a message that could not be sent: the exit follows
      how = error.message;
      isDisconnected = true;
      settle();
    });
  }

  send(message: ToAgent): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  pass(via: Via, socket: Socket): void {
    if (!this.#child.connected) {
      socket.destroy();
      return;
    }
    this.#child.send({ type: 'connection', via } satisfies ToAgent, socket, error => {
      if (error) socket.destroy();
    });
  }

  kill(): void {
    this.#isKilledByUs = true;
    this.#child.kill('SIGKILL');
  }
}
