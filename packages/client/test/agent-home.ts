// A Longhaul home of a test's own: temporary folders, the environment that leads there, and an end for whatever agent a test
// started in it, asked first, killed by its pid if it does not listen.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findAgent, waitForAgentEnd } from '@longhaul/agent/launch';
import { type Agent, type ConnectAgentOptions, connectAgent } from '@longhaul/client';

export class AgentHome implements AsyncDisposable {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'longhaul-client-'));
  /** Where downloads go. */
  readonly files = path.join(this.folder, 'files');
  readonly env: NodeJS.ProcessEnv = { ...process.env, LONGHAUL_HOME: path.join(this.folder, 'home') };

  constructor() {
    mkdirSync(this.files);
  }

  file(name: string): string {
    return path.join(this.files, name);
  }

  connect(options: ConnectAgentOptions = {}): Promise<Agent> {
    return connectAgent({ ...options, env: this.env });
  }

  async stop(): Promise<void> {
    const endpoint = await findAgent({ env: this.env });
    if (!endpoint) return;
    try {
      await using agent = await this.connect({ start: 'never' });
      await agent.stop();
    } catch (error) {
      process.kill(endpoint.keeperPid, 'SIGKILL'); // its agent ends by itself within a second
      await waitForAgentEnd(endpoint);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (existsSync(this.env.LONGHAUL_HOME!)) await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
