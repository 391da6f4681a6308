// `longhaul agent status`: looks, starts nothing; exit code 3 when no agent runs.
import { findAgent } from '@longhaul/agent/launch';
import { errorTable } from '@longhaul/agent-protocol';
import type { Command } from 'commander';
import type { Run } from '../../context.ts';
import { statusText } from '../../output/status-text.ts';
import { words } from '../../words.ts';

export function addStatus(agent: Command, run: Run): void {
  agent
    .command('status')
    .description(words.agent.status)
    .action(
      run(async context => {
        if (!(await findAgent({ env: context.env }))) {
          context.output.data({ running: false }, [words.notices.noAgent]);
          return errorTable['agent-not-reachable'].exitCode;
        }
        await using connected = await context.connect({ start: 'never' });
        const status = await connected.getStatus();
        context.output.data(status, statusText(status));
        return 0;
      }),
    );
}
