// `longhaul list [--status …]`: one array with --json, oldest first.
import { type TransferStatus, transferStatuses } from '@longhaul/agent-protocol';
import type { Command } from 'commander';
import { choices } from '../arguments/choices.ts';
import type { Run } from '../context.ts';
import { listText } from '../output/record-text.ts';
import { words } from '../words.ts';

export function addList(program: Command, run: Run): void {
  program
    .command('list')
    .alias('ls')
    .description(words.list.about)
    .option('--status <status,...>', `${words.list.status} (${transferStatuses.join(', ')})`, choices(transferStatuses))
    .action(
      run(async (context, options: { status?: readonly TransferStatus[] }) => {
        await using agent = await context.connect();
        const all = await agent.transfers.list();
        const records = all.filter(({ status }) => options.status?.includes(status) ?? true);
        const { output } = context;
        if (records.length === 0)
          output.notice(all.length === 0 ? words.notices.noTransfers : words.notices.noneMatches);
        output.data(records, records.length > 0 ? listText(records, output.width) : []);
        return 0;
      }),
    );
}
