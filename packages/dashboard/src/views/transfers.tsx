// All transfers in their groups. Rows change groups and go away under the reader's hands, so the keyboard's place is kept.
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Activity } from '../dashboard-state.ts';
import { inGroups } from '../transfers/transfer-groups.ts';
import type { TransferList } from '../transfers/transfer-list.ts';
import { clockOf } from '../transfers/transfer-row-model.ts';
import { groupWords } from '../words/status-words.ts';
import { focusPlace, restoreFocus } from './focus-place.ts';
import { type RowCommands, TransferRow } from './transfer-row.tsx';

export interface TransfersProps {
  readonly list: TransferList;
  readonly activities: ReadonlyMap<string, Activity>;
  readonly now: number;
  readonly isLive: boolean;
  readonly commands: RowCommands;
}

/** From so many rows on, those out of sight are not laid out. */
const crowd = 200;

export function Transfers({ list, activities, now, isLive, commands }: TransfersProps) {
  const root = useRef<HTMLDivElement>(null);
  // Read while the old rows still stand; the effect runs when the new ones do.
  const place = focusPlace(root.current);
  useLayoutEffect(() => restoreFocus(root.current, place));
  return (
    <div class="transfers" ref={root} data-crowded={list.size > crowd}>
      {inGroups(list).map(({ group, entries }) => (
        <section key={group} data-group={group} aria-labelledby={`group-${group}`}>
          <h2 id={`group-${group}`}>
            {groupWords[group]} <span class="count">{entries.length}</span>
          </h2>
          <ul>
            {entries.map(entry => (
              <TransferRow
                key={entry.record.id}
                entry={entry}
                activity={activities.get(entry.record.id)}
                now={clockOf(entry, now)}
                isLive={isLive}
                commands={commands}
              />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
