// What stands above the rows: filter, order, and buttons for what concerns them all.
import type { TransferLimitsRecord } from '@longhaul/agent-protocol';
import { type GroupCounts, type SortOrder, sortOrders } from '../transfers/transfer-groups.ts';
import type { View } from '../view-state.ts';
import { limitInWords } from '../words/amounts.ts';
import { concernedBy } from '../words/bulk-words.ts';
import { countInWords } from '../words/page-words.ts';
import { orderWords } from '../words/status-words.ts';
import { CancelIcon, FindIcon, LimitIcon, RemoveIcon } from './icons.tsx';
import { filterField } from './key-places.ts';
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
  const isFiltered = view.query.trim() !== '';
  return (
    <search class="tools">
      <div class="filter">
        <FindIcon />
        <input
          type="search"
          data-key="filter"
          aria-label="Filter by name, address or status"
          placeholder="Filter"
          autocomplete="off"
          spellcheck={false}
          value={view.query}
          onInput={event => commands.view({ type: 'filtered', query: event.currentTarget.value })}
        />
        {isFiltered ? (
          <>
            <span class="found">
              {found} of {countInWords(total, 'transfer')}
            </span>
            <button
              type="button"
              class="quiet"
              aria-label="Empty the filter"
              onClick={() => {
                commands.view({ type: 'filtered', query: '' });
                filterField()?.focus();
              }}
            >
              <CancelIcon />
            </button>
          </>
        ) : (
          <kbd title="The key / leads here">/</kbd>
        )}
      </div>
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
      <button
        type="button"
        class="round"
        aria-label="Keys of this page"
        title="Keys of this page"
        aria-expanded={view.panel === 'help'}
        onClick={() => commands.view({ type: 'panel-asked', panel: 'help' })}
      >
        ?
      </button>
    </search>
  );
}
