// The filter of a list, and the button beside it that tells the keys of the page.
import type { View } from '../view-state.ts';
import { listView } from '../view-state.ts';
import { countInWords } from '../words/page-words.ts';
import { CancelIcon, FindIcon } from './icons.tsx';
import { filterField } from './key-places.ts';
import type { ViewCommands } from './view-commands.ts';

export interface FilterFieldProps {
  readonly view: View;
  readonly label: string;
  /** How many the filter leaves, and of how many. */
  readonly found: number;
  readonly total: number;
  readonly noun: string;
  readonly commands: ViewCommands;
}

export function FilterField({ view, label, found, total, noun, commands }: FilterFieldProps) {
  const { query } = listView(view);
  return (
    <div class="filter">
      <FindIcon />
      <input
        type="search"
        data-key="filter"
        aria-label={label}
        placeholder="Filter"
        autocomplete="off"
        spellcheck={false}
        value={query}
        onInput={event => commands.view({ type: 'filtered', query: event.currentTarget.value })}
      />
      {query.trim() !== '' ? (
        <>
          <span class="found">
            {found} of {countInWords(total, noun)}
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
  );
}

export const HelpButton = ({ view, commands }: { view: View; commands: ViewCommands }) => (
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
);
