// Our side of a measurement: an agent with a home of its own, used through the SDK like any app does, looked at from outside.
import { rmSync } from 'node:fs';
import path from 'node:path';
import { findAgent, waitForAgentEnd } from '@longhaul/agent/launch';
import { type Agent, BackgroundDownloader, connectAgent } from '@longhaul/client';
import type { Measured } from './command.ts';
import { cpuSeconds, forgetPeak, peakMiB } from './processes.ts';

export interface Wish {
  readonly url: string;
  readonly file: string;
}

export class MeasuredAgent implements AsyncDisposable {
  readonly #home: string;
  readonly #env: NodeJS.ProcessEnv;
  #sdk: Agent | undefined;

  private constructor(home: string, authority: string | undefined) {
    this.#home = home;
    this.#env = { ...process.env, LONGHAUL_HOME: home };
    if (authority !== undefined) this.#env.NODE_EXTRA_CA_CERTS = authority;
  }

  /** `authority`: PEM file the agent trusts beside its own. */
  static async start(folder: string, name = 'home', authority?: string): Promise<MeasuredAgent> {
    const agent = new MeasuredAgent(path.join(folder, name), authority);
    await agent.connect();
    return agent;
  }

  get sdk(): Agent {
    if (this.#sdk === undefined) throw new Error('the agent is stopped');
    return this.#sdk;
  }

  get downloader(): BackgroundDownloader {
    return new BackgroundDownloader(this.sdk);
  }

  /** Starts one when none runs. */
  async connect(): Promise<Agent> {
    this.#sdk = await connectAgent({ env: this.#env });
    return this.#sdk;
  }

  async pids(): Promise<{ agent: number; keeper: number }> {
    const status = await this.sdk.getStatus();
    return { agent: status.pid, keeper: status.keeperPid };
  }

  /**
   * Downloads all of these, from the first create to the last completion as the app learns of it. Processor time is that of
   * agent and keeper; memory that of the agent. Records are removed afterwards, files stay.
   */
  async measure(wishes: readonly Wish[]): Promise<Measured> {
    const { agent, keeper } = await this.pids();
    forgetPeak(agent);
    const cpuBefore = cpuSeconds([agent, keeper]);
    const from = performance.now();
    const downloader = this.downloader;
    const ids = await Promise.all(
      wishes.map(async ({ url, file }) => {
        const download = await downloader.createDownload(url, file, { start: true });
        await download.attach();
        return download.id;
      }),
    );
    const wallSeconds = (performance.now() - from) / 1000;
    const measured = {
      wallSeconds: Number(wallSeconds.toFixed(3)),
      cpuSeconds: Number((cpuSeconds([agent, keeper]) - cpuBefore).toFixed(3)),
      peakRssMiB: peakMiB(agent),
    };
    await Promise.all(ids.map(id => this.sdk.transfers.remove(id)));
    return measured;
  }

  /** Ends agent and keeper; killed by its pid when it does not listen. */
  async stop(): Promise<void> {
    const endpoint = await findAgent({ env: this.#env });
    if (endpoint === undefined) return;
    try {
      await this.sdk.stop();
    } catch (error) {
      process.kill(endpoint.keeperPid, 'SIGKILL'); // its agent ends by itself within a second
      await waitForAgentEnd(endpoint);
      throw error;
    } finally {
      await this.#sdk?.[Symbol.asyncDispose]();
      this.#sdk = undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#sdk !== undefined) await this.stop();
    rmSync(this.#home, { recursive: true, force: true });
  }
}
