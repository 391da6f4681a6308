// The opened details of a transfer, under its row.
import type { TransferRecord } from '@longhaul/agent-protocol';
import { factsOf } from '../transfers/transfer-details-model.ts';
import { CopyButton } from './copy-button.tsx';

export interface TransferDetailsProps {
  readonly id: string;
  readonly record: TransferRecord;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export const TransferDetails = ({ id, record, now }: TransferDetailsProps) => (
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
    </dl>
  </div>
);
