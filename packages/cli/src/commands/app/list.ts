// `longhaul app list`
import type { Command } from 'commander';
import type { Run } from '../../context.ts';
import { appText } from '../../output/app-text.ts';
import { words } from '../../words.ts';

export function addAppList(app: Command, run: Run): void {
  app
    .command('list')
    .description(words.app.list)
    .action(
      run(async context => {
        await using agent = await context.connect();
        const records = await agent.listApps();
        if (records.length === 0) context.output.notice(words.notices.noApps);
        context.output.data(records, records.length > 0 ? appText(records, context.output.width) : []);
        return 0;
      }),
    );
}
