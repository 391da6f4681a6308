// `longhaul agent start`: nothing happens when one runs already.
import type { Command } from 'commander';
import type { Run } from '../../context.ts';
import { statusText } from '../../output/status-text.ts';
import { words } from '../../words.ts';

export function addStart(agent: Command, run: Run): void {
  agent
    .command('start')
    .description(words.agent.start)
    .action(
      run(async context => {
        await using connected = await context.connect();
        const status = await connected.getStatus();
        context.output.data(status, statusText(status));
        return 0;
      }),
    );
}
