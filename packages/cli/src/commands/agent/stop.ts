// `longhaul agent stop`: ends agent and keeper, and returns when they are gone. Nothing to do is no failure.
import { type Endpoint, findAgent, waitForAgentEnd } from '@longhaul/agent/launch';
import { LonghaulError } from '@longhaul/agent-protocol';
import type { Command } from 'commander';
import type { CommandContext, Run } from '../../context.ts';
import { words } from '../../words.ts';

/** An agent that does not even answer in this time is stopped through its keeper. Milliseconds. */
const answerTimeoutMs = 5_000;

export function addStop(agent: Command, run: Run): void {
  agent
    .command('stop')
    .description(words.agent.stop)
    .action(
      run(async context => {
        const endpoint = await findAgent({ env: context.env });
        if (endpoint) await stop(context, endpoint);
        context.output.data({ running: false }, [endpoint ? words.notices.stopped : words.notices.noAgent]);
        return 0;
      }),
    );
}

async function stop(context: CommandContext, endpoint: Endpoint): Promise<void> {
  try {
    await using connected = await context.connect({ start: 'never', reachTimeoutMs: answerTimeoutMs });
    await connected.stop();
  } catch (error) {
    if (!(error instanceof LonghaulError) || error.code !== 'agent-not-reachable') throw error;
    process.kill(endpoint.keeperPid, 'SIGTERM');
    if (await waitForAgentEnd(endpoint)) return;
    throw new LonghaulError('internal', `the keeper (process ${endpoint.keeperPid}) has not ended`);
  }
}
