// A real agent in a folder of its own, spoken to over its Unix socket as its owner. Ended and cleaned up by disposing.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Endpoint, ensureAgent, readOwnerToken, waitForAgentEnd } from '@longhaul/agent/launch';
import { resolvePaths } from '@longhaul/agent/paths';
import { type AgentHub, agentHubPath, type TransferRecord } from '@longhaul/agent-protocol';
import { waitFor } from '@longhaul/testing';
import { createWebSocketClass } from '@longhaul/websockets';
import { HttpTransportType, HubConnectionBuilder, type IHttpConnectionOptions, LogLevel } from '@microsoft/signalr';

type Answer<Verb extends keyof AgentHub> = Awaited<ReturnType<AgentHub[Verb]>>;

export class AgentUnderTest implements AsyncDisposable {
  /** Where downloads and the agent's own files go. */
  readonly folder: string;
  /** For programs that are to find this agent. */
  readonly env: NodeJS.ProcessEnv;
  readonly #endpoint: Endpoint;

  private constructor(folder: string, env: NodeJS.ProcessEnv, endpoint: Endpoint) {
    this.folder = folder;
    this.env = env;
    this.#endpoint = endpoint;
  }

  static async start(): Promise<AgentUnderTest> {
    const folder = await mkdtemp(path.join(tmpdir(), 'longhaul-dashboard-'));
    const env = { ...process.env, LONGHAUL_HOME: path.join(folder, 'home') };
    try {
      return new AgentUnderTest(folder, env, await ensureAgent({ env }));
    } catch (error) {
      await rm(folder, { recursive: true });
      throw error;
    }
  }

  /** One verb over a connection of its own. */
  async call<Verb extends keyof AgentHub>(verb: Verb, ...args: Parameters<AgentHub[Verb]>): Promise<Answer<Verb>> {
    const token = readOwnerToken(resolvePaths(this.env));
    const headers = { authorization: `Bearer ${token}` };
    // The official client takes a class of ours as `WebSocket`; its types leave that option out.
    const options: IHttpConnectionOptions & { WebSocket: unknown } = {
      transport: HttpTransportType.WebSockets,
      skipNegotiation: true,
      WebSocket: createWebSocketClass({ socketPath: this.#endpoint.socketPath, headers }),
    };
    const hub = new HubConnectionBuilder()
      .withUrl(`http://localhost${agentHubPath}`, options)
      .configureLogging(LogLevel.None)
      .build();
    await hub.start();
    try {
      return await hub.invoke<Answer<Verb>>(verb, ...args);
    } finally {
      await hub.stop();
    }
  }

  /** A fresh login link. */
  async link(): Promise<string> {
    return (await this.call('openDashboard')).url;
  }

  /** A started download of `url` into the folder. */
  download(url: string, name: string): Promise<TransferRecord> {
    const file = path.join(this.folder, name);
    return this.call('createDownload', { id: crypto.randomUUID(), url, file, start: true });
  }

  /** `kill -9`; resolves when the keeper's next agent serves. */
  async killAndAwaitNext(): Promise<void> {
    const { pid } = await this.call('getStatus');
    process.kill(pid, 'SIGKILL');
    await waitFor(
      'the next agent to serve',
      async () => {
        const next = await this.call('getStatus').catch(() => undefined);
        return next !== undefined && next.pid !== pid;
      },
      { timeoutMs: 20_000, everyMs: 50 },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Where a test has left an agent that no longer answers, its keeper is ended; the agent ends with it.
    if (!(await waitForAgentEnd(this.#endpoint, { timeoutMs: 0 }))) {
      await this.call('stopAgent').catch(() => process.kill(this.#endpoint.keeperPid, 'SIGKILL'));
    }
    if (!(await waitForAgentEnd(this.#endpoint))) throw new Error('the keeper did not end');
    await rm(this.folder, { recursive: true });
  }
}
