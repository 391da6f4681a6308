// The opened details of a transfer, under its row.
import { isTerminal, type TransferRecord } from '@longhaul/agent-protocol';
import { factsOf } from '../transfers/transfer-details-model.ts';
import { CopyButton } from './copy-button.tsx';
import { LimitControl } from './limit-control.tsx';
import type { ViewCommands } from './view-commands.ts';

export interface TransferDetailsProps {
  readonly id: string;
  readonly record: TransferRecord;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly isLive: boolean;
  readonly commands: ViewCommands;
}

export const TransferDetails = ({ id, record, now, isLive, commands }: TransferDetailsProps) => (
  <div class="details" id={id}>
    <dl class="known">
      {factsOf(record, now).map(({ name, words, copy, isCode }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {isCode ? <code>{words}</code> : words}
            {copy === null ? null : <CopyButton text={copy} label={`Copy: ${name}`} />}
          </dd>
        </div>
      ))}
      {isTerminal(record.status) ? null : (
        <div class="limited">
          <dt>Limit</dt>
          <dd>
            <LimitControl
              key={record.maxBytesPerSecond}
              current={record.maxBytesPerSecond}
              label="Limit of this transfer"
              isLive={isLive}
              onChoose={bytesPerSecond => commands.limit(record.id, bytesPerSecond)}
            />
          </dd>
        </div>
      )}
    </dl>
  </div>
);
