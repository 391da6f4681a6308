// All transfers in their groups.
import type { DashboardState } from '../dashboard-state.ts';
import type { TransferGroup } from '../transfers/transfer-groups.ts';
import { clockOf } from '../transfers/transfer-row-model.ts';
import { groupWords } from '../words/status-words.ts';
import { Rows } from './rows.tsx';
import { TransferRow } from './transfer-row.tsx';
import type { ViewCommands } from './view-commands.ts';

export interface TransfersProps {
  readonly state: DashboardState;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly isLive: boolean;
  readonly commands: ViewCommands;
}

export function Transfers({ state, now, isLive, commands }: TransfersProps) {
  const { transfers, activities, details, arrangement } = state;
  const list = state.view.lists.transfers;
  return (
    <Rows groups={arrangement.groups} titleOf={group => groupWords[group as TransferGroup]} list={list}>
      {(id, { place, places }) => {
        const entry = transfers?.get(id);
        if (entry === undefined) throw new Error(`no transfer ${id} for its row`);
        const isOpen = list.openId === id;
        return (
          <TransferRow
            key={id}
            entry={entry}
            activity={activities.get(id)}
            now={clockOf(entry, now)}
            isLive={isLive}
            isOpen={isOpen}
            details={isOpen && details?.details.id === id ? details : null}
            place={place}
            places={places}
            commands={commands}
          />
        );
      }}
    </Rows>
  );
}
