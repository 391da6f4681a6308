// `longhaul limit [RATE|none] [--transfer ID]`: sets the rate limit of all transfers or of one, while they run; without a
// rate it says what the limit is.
import type { Command } from 'commander';
import { parseRate } from '../arguments/rate.ts';
import type { Run } from '../context.ts';
import { findTransfer } from '../each-transfer.ts';
import { formatRate } from '../output/units.ts';
import { words } from '../words.ts';

export function addLimit(program: Command, run: Run): void {
  program
    .command('limit')
    .description(words.limit.about)
    .argument('[rate]', words.limit.rate)
    .option('--transfer <id>', words.limit.transfer)
    .addHelpText('after', words.limit.help)
    .action(
      run(async (context, text: string | undefined, { transfer }: { transfer?: string }) => {
        const wanted = text === undefined ? undefined : text === 'none' ? null : parseRate(text);
        await using agent = await context.connect();
        const { transfers } = agent;
        if (transfer === undefined) {
          const limits =
            wanted === undefined
              ? await transfers.getLimits()
              : await transfers.setLimits({ maxBytesPerSecond: wanted });
          context.output.data(limits, [limitText(limits.maxBytesPerSecond)]);
          return 0;
        }
        const found = findTransfer(await transfers.list(), transfer);
        const record = wanted === undefined ? found : await transfers.setLimit(found.id, wanted);
        context.output.data(record, [limitText(record.maxBytesPerSecond)]);
        return 0;
      }),
    );
}

const limitText = (rate: number | null): string => (rate === null ? words.limit.none : formatRate(rate));
