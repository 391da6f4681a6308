// `longhaul agent restart`: returns when the new agent answers. Where none runs, one is started.
import { setTimeout as delay } from 'node:timers/promises';
import { findAgent } from '@longhaul/agent/launch';
import { type AgentStatus, LonghaulError } from '@longhaul/agent-protocol';
import type { Agent } from '@longhaul/client';
import type { Command } from 'commander';
import type { Run } from '../../context.ts';
import { statusText } from '../../output/status-text.ts';
import { words } from '../../words.ts';

const restartTimeoutMs = 30_000;
const pollMs = 50;

export function addRestart(agent: Command, run: Run): void {
  agent
    .command('restart')
    .description(words.agent.restart)
    .action(
      run(async context => {
        const wasRunning = (await findAgent({ env: context.env })) !== undefined;
        await using connected = await context.connect();
        const status = wasRunning ? await restart(connected) : await connected.getStatus();
        context.output.data(status, statusText(status));
        return 0;
      }),
    );
}

async function restart(agent: Agent): Promise<AgentStatus> {
  const { pid } = await agent.getStatus();
  await agent.restart();
  const deadline = performance.now() + restartTimeoutMs;
  while (performance.now() < deadline) {
    const status = await agent.getStatus();
    if (status.pid !== pid) return status;
    await delay(pollMs);
  }
  throw new LonghaulError('internal', `the agent (process ${pid}) was not replaced within ${restartTimeoutMs} ms`);
}
