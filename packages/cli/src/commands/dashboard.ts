// `longhaul dashboard`: a link that works once, within a minute.
import type { Command } from 'commander';
import type { Run } from '../context.ts';
import { words } from '../words.ts';

export function addDashboard(program: Command, run: Run): void {
  program
    .command('dashboard')
    .description(words.dashboard.about)
    .action(
      run(async context => {
        await using agent = await context.connect();
        const { url } = await agent.openDashboard();
        context.output.data({ url }, [url]);
        return 0;
      }),
    );
}
