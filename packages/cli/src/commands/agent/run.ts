// `longhaul agent run`: this process is the keeper.
import { runKeeperInForeground } from '@longhaul/agent/launch';
import type { Command } from 'commander';
import type { Run } from '../../context.ts';
import { words } from '../../words.ts';

export function addRun(agent: Command, run: Run): void {
  agent
    .command('run')
    .description(words.agent.run)
    .action(
      run(async ({ env, output }) => {
        await runKeeperInForeground({
          env,
          onServing: ({ socketPath }) => output.notice(words.notices.serving(socketPath)),
        });
        return 0;
      }),
    );
}
