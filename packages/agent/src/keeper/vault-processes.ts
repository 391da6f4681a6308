// The vaults of a keeper: processes that hold parked sockets, so that the keeper itself holds none and calls no foreign code.
// The first is started when the first socket is parked, another when those are full. They outlive every agent.
import { type ChildProcess, fork } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { LonghaulError } from '@longhaul/agent-protocol';
import type { KeeperLimits } from '../options.ts';
import { birthOf } from '../platform/process-facts.ts';
import { nodeFlags, programFile } from '../platform/source.ts';
import { newToken } from '../platform/tokens.ts';
import { parseVaultReport, type VaultOrder } from './vault-order.ts';
import type { VaultAddress } from './vault-wire.ts';

export interface VaultProcessesOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Private (0700), and short enough for a socket's path. */
  readonly folder: string;
  readonly limits: Pick<KeeperLimits, 'maxSocketsPerVault' | 'maxVaults' | 'startDeadlineMs'>;
}

interface VaultProcess {
  readonly address: VaultAddress;
  readonly child: ChildProcess;
}

export class VaultProcesses implements Disposable {
  readonly #options: VaultProcessesOptions;
  readonly #running = new Map<number, VaultProcess>();
  #lastNumber = 0;

  constructor(options: VaultProcessesOptions) {
    this.#options = options;
  }

  /** Of those that are alive, as far as is known here. */
  get addresses(): VaultAddress[] {
    return [...this.#running.values()].map(({ address }) => address);
  }

  /** A new one, empty. @throws LonghaulError `quota-exceeded` when there are as many as may be; Error when it cannot start */
  async open(): Promise<VaultAddress> {
    const { limits, folder, env } = this.#options;
    if (this.#running.size >= limits.maxVaults) {
      throw new LonghaulError('quota-exceeded', `there are ${limits.maxVaults} vaults already`);
    }
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    // No longer than `agent.sock`, which fits.
    const name = `v${process.pid.toString(36)}-${number.toString(36)}`;
    const path = join(folder, name);
    const child = fork(programFile('keeper/vault-main'), [], {
      cwd: '/',
      env,
      execArgv: [...nodeFlags],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const { pid = -1 } = child; // -1: it could not be started
    const address: VaultAddress = { number, path, key: newToken(), pid, born: birthOf(pid) ?? '' };
    this.#running.set(number, { address, child });
    child.once('exit', () => {
      this.#running.delete(number);
      rmSync(address.path, { force: true });
    });
    try {
      await opened(child, { path: address.path, key: address.key, maxSockets: limits.maxSocketsPerVault }, limits);
      if (address.born === '') throw new Error('the birth of the vault cannot be known');
      return address;
    } catch (error) {
      this.#running.delete(number);
      child.kill('SIGKILL');
      throw error;
    }
  }

  /** Ends them, and with them every connection that nobody else holds. */
  [Symbol.dispose](): void {
    for (const { child, address } of this.#running.values()) {
      child.kill('SIGKILL');
      rmSync(address.path, { force: true });
    }
    this.#running.clear();
  }
}

function opened(child: ChildProcess, order: VaultOrder, limits: Pick<KeeperLimits, 'startDeadlineMs'>): Promise<void> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error('the vault did not open in time')), limits.startDeadlineMs);
    const settle = (act: () => void) => () => {
      clearTimeout(deadline);
      act();
    };
    child.once('error', error => settle(() => reject(error))());
    child.once('exit', (code, signal) => settle(() => reject(new Error(`the vault ended: ${signal ?? code}`)))());
    child.on('message', value => {
      const report = parseVaultReport(value);
      if (report?.type === 'opened') settle(resolve)();
      else if (report !== undefined) settle(() => reject(new Error(report.message)))();
    });
    child.send(order, () => {});
  });
}
