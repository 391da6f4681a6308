// `longhaul limit [RATE|none] [--max-active N] [--transfer ID]`: sets the limits of all transfers, or the rate of one, while
// they run; without anything to set it says what holds.
import { LonghaulError, type TransferLimitsRecord } from '@longhaul/agent-protocol';
import type { Command } from 'commander';
import { parseMaxActive } from '../arguments/max-active.ts';
import { parseRate } from '../arguments/rate.ts';
import type { Run } from '../context.ts';
import { findTransfer } from '../each-transfer.ts';
import { factsText } from '../output/record-text.ts';
import { formatRate } from '../output/units.ts';
import { words } from '../words.ts';

interface LimitOptions {
  readonly transfer?: string;
  readonly maxActive?: string;
}

export function addLimit(program: Command, run: Run): void {
  program
    .command('limit')
    .description(words.limit.about)
    .argument('[rate]', words.limit.rate)
    .option('--max-active <number>', words.limit.maxActive)
    .option('--transfer <id>', words.limit.transfer)
    .addHelpText('after', words.limit.help)
    .action(
      run(async (context, text: string | undefined, { transfer, maxActive }: LimitOptions) => {
        if (transfer !== undefined && maxActive !== undefined) {
          throw new LonghaulError('invalid-argument', '--max-active is of all transfers; leave --transfer out');
        }
        const rate = text === undefined ? {} : { maxBytesPerSecond: text === 'none' ? null : parseRate(text) };
        const wanted = { ...rate, ...(maxActive === undefined ? {} : { maxActive: parseMaxActive(maxActive) }) };
        await using agent = await context.connect();
        const { transfers } = agent;
        if (transfer === undefined) {
          const isAsked = Object.keys(wanted).length === 0;
          const limits = isAsked ? await transfers.getLimits() : await transfers.setLimits(wanted);
          context.output.data(limits, limitsText(limits));
          return 0;
        }
        const found = findTransfer(await transfers.list(), transfer);
        const { maxBytesPerSecond } = rate;
        const record = maxBytesPerSecond === undefined ? found : await transfers.setLimit(found.id, maxBytesPerSecond);
        context.output.data(record, [rateText(record.maxBytesPerSecond)]);
        return 0;
      }),
    );
}

const limitsText = ({ maxBytesPerSecond, maxActive }: TransferLimitsRecord): string[] =>
  factsText([
    ['Rate', rateText(maxBytesPerSecond)],
    ['Active', words.limit.active(maxActive)],
  ]);

const rateText = (rate: number | null): string => (rate === null ? words.limit.none : formatRate(rate));
