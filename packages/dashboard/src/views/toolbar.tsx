// What stands above the rows: filter, order, and buttons for what concerns them all.
import type { TransferLimitsRecord } from '@longhaul/agent-protocol';
import { type GroupCounts, type SortOrder, sortOrders } from '../transfers/transfer-groups.ts';
import type { View } from '../view-state.ts';
import { limitInWords } from '../words/amounts.ts';
import { concernedBy } from '../words/bulk-words.ts';
import { orderWords } from '../words/status-words.ts';
import { FilterField, HelpButton } from './filter-field.tsx';
import { CancelIcon, LimitIcon, RemoveIcon } from './icons.tsx';
import type { ViewCommands } from './view-commands.ts';

const bulkActions = [
  { action: 'cancel-all', words: 'Cancel all', Icon: CancelIcon },
  { action: 'remove-finished', words: 'Remove finished', Icon: RemoveIcon },
] as const;

export interface ToolbarProps {
  readonly view: View;
  /** How many transfers the filter leaves, and of how many. */
  readonly found: number;
  readonly total: number;
  readonly counts: GroupCounts;
  /** `null` until the agent has told it. */
  readonly limits: TransferLimitsRecord | null;
  readonly commands: ViewCommands;
}

export function Toolbar({ view, found, total, counts, limits, commands }: ToolbarProps) {
  return (
    <search class="tools">
      <FilterField
        view={view}
        label="Filter by name, address or status"
        found={found}
        total={total}
        noun="transfer"
        commands={commands}
      />
      <label class="order">
        <span class="unseen">Order of the rows</span>
        <select
          value={view.order}
          onChange={event => commands.view({ type: 'ordered', order: event.currentTarget.value as SortOrder })}
        >
          {sortOrders.map(order => (
            <option key={order} value={order}>
              {orderWords[order]}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        class={limits?.maxBytesPerSecond == null ? '' : 'limited'}
        title="Limits of all transfers together"
        aria-expanded={view.panel === 'limits'}
        onClick={() => commands.view({ type: 'panel-asked', panel: 'limits' })}
      >
        <LimitIcon />
        {limitInWords(limits?.maxBytesPerSecond ?? null)}
      </button>
      {bulkActions
        .filter(({ action }) => concernedBy(action, counts) > 0)
        .map(({ action, words, Icon }) => (
          <button
            type="button"
            key={action}
            aria-label={words}
            title={words}
            aria-expanded={view.panel === action}
            onClick={() => commands.view({ type: 'panel-asked', panel: action })}
          >
            <Icon />
            <span>{words}</span>
          </button>
        ))}
      <HelpButton view={view} commands={commands} />
    </search>
  );
}
