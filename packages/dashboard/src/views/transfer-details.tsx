// The opened details of a transfer, under its row: what is here, how fast it came, what failed, and every fact.
import { isTerminal, type TransferRecord } from '@longhaul/agent-protocol';
import { failedAttempts } from '../transfers/attempts-model.ts';
import type { KnownDetails } from '../transfers/known-details.ts';
import { stripOf } from '../transfers/range-strip.ts';
import { plotOf } from '../transfers/rate-plot.ts';
import { factsOf } from '../transfers/transfer-details-model.ts';
import { FactList } from './fact-list.tsx';
import { FailedAttemptsView } from './failed-attempts.tsx';
import { LimitControl } from './limit-control.tsx';
import { RangeStripView } from './range-strip.tsx';
import { RatePlotView } from './rate-plot.tsx';
import type { ViewCommands } from './view-commands.ts';

export interface TransferDetailsProps {
  readonly id: string;
  readonly record: TransferRecord;
  /** What was told beside the record; `null` until then. */
  readonly known: KnownDetails | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly isLive: boolean;
  readonly commands: ViewCommands;
}

export function TransferDetails({ id, record, known, now, isLive, commands }: TransferDetailsProps) {
  const details = known?.details ?? null;
  const plot = details === null ? null : plotOf(details.rateHistory, record.maxBytesPerSecond);
  const failed = details === null ? [] : failedAttempts(details.attempts, now);
  return (
    <div class="details" id={id}>
      {details === null ? null : <RangeStripView strip={stripOf(record, details.ranges)} />}
      {plot === null && failed.length === 0 ? null : (
        <div class="beside">
          {plot === null ? null : <RatePlotView plot={plot} />}
          {failed.length === 0 ? null : <FailedAttemptsView failed={failed} />}
        </div>
      )}
      <FactList facts={factsOf(record, now)} />
      {isTerminal(record.status) ? null : (
        <div class="own-limit-control">
          <p>Limit</p>
          <LimitControl
            key={record.maxBytesPerSecond}
            current={record.maxBytesPerSecond}
            label="Limit of this transfer"
            isLive={isLive}
            onChoose={bytesPerSecond => commands.limit(record.id, bytesPerSecond)}
          />
        </div>
      )}
    </div>
  );
}
