// Everything the page knows, and the one `step()` that changes it. Pure: what happened comes in, the next state goes out.
import type { AgentStatus, TransferLimitsRecord, TransferRecord } from '@longhaul/agent-protocol';
import { type Link, type LinkEvent, stepLink } from './link/link-states.ts';
import { defaults } from './options.ts';
import { type Arrangement, arrange, movesRows, noRows } from './transfers/arrangement.ts';
import type { KnownDetails } from './transfers/known-details.ts';
import type { TransferAction } from './transfers/transfer-actions.ts';
import { fromSnapshot, type TransferChange, type TransferList, withChanges } from './transfers/transfer-list.ts';
import { initialView, stepView, type View, type ViewEvent } from './view-state.ts';
import type { Problem } from './words/problem-words.ts';

/** What a row can ask of the agent. */
export type RowAction = TransferAction | 'limit';

/** What became of the last click on a row. */
export type Activity =
  | { readonly type: 'asked'; readonly action: RowAction }
  | { readonly type: 'failed'; readonly action: RowAction; readonly problem: Problem };

/** What became of the last request in a panel. */
export type PanelRequest = { readonly type: 'asked' } | { readonly type: 'failed'; readonly problem: Problem };

export interface DashboardState {
  readonly link: Link;
  /** `null` until the first snapshot: then nothing is known, which is not the same as an empty list. */
  readonly transfers: TransferList | null;
  /** The rows: `transfers` as `view` wants to see them. */
  readonly arrangement: Arrangement;
  readonly activities: ReadonlyMap<string, Activity>;
  /** Of the transfer that was opened last. */
  readonly details: KnownDetails | null;
  readonly agent: AgentStatus | null;
  /** `null` until the agent has told them. */
  readonly limits: TransferLimitsRecord | null;
  readonly request: PanelRequest | null;
  readonly view: View;
}

export type DashboardEvent =
  | { readonly type: 'link'; readonly event: LinkEvent }
  | { readonly type: 'snapshot'; readonly records: readonly TransferRecord[]; readonly at: number }
  | { readonly type: 'changes'; readonly changes: readonly TransferChange[]; readonly at: number }
  | { readonly type: 'agent-described'; readonly agent: AgentStatus }
  | { readonly type: 'details-heard'; readonly known: KnownDetails }
  | { readonly type: 'limits-heard'; readonly limits: TransferLimitsRecord }
  | { readonly type: 'panel-request'; readonly request: PanelRequest }
  /** The agent has done what the panel asked for; the panel closes. */
  | { readonly type: 'panel-done' }
  | { readonly type: 'action-asked'; readonly id: string; readonly action: RowAction }
  | { readonly type: 'action-done'; readonly id: string }
  | { readonly type: 'action-failed'; readonly id: string; readonly action: RowAction; readonly problem: Problem }
  | { readonly type: 'problem-dismissed'; readonly id: string }
  | { readonly type: 'view'; readonly event: ViewEvent };

export const initialState: DashboardState = Object.freeze<DashboardState>({
  link: { name: 'signing-in' },
  transfers: null,
  arrangement: noRows,
  activities: new Map(),
  details: null,
  agent: null,
  limits: null,
  request: null,
  view: initialView,
});

export function step(state: DashboardState, event: DashboardEvent): DashboardState {
  switch (event.type) {
    case 'link':
      return { ...state, link: stepLink(state.link, event.event) };
    case 'snapshot': {
      const known = state.transfers ?? new Map();
      const transfers = fromSnapshot(known, event.records, event.at, defaults.paceTimeConstantMs);
      return arranged({ ...state, transfers, activities: activitiesAfter(state, transfers) });
    }
    case 'changes': {
      if (state.transfers === null) throw new Error('changes before the first snapshot');
      const transfers = withChanges(state.transfers, event.changes, event.at, defaults.paceTimeConstantMs);
      if (transfers === state.transfers) return state;
      const next = { ...state, transfers, activities: activitiesAfter(state, transfers) };
      return movesRows(state.transfers, transfers, event.changes) ? arranged(next) : next;
    }
    case 'agent-described':
      return { ...state, agent: event.agent };
    case 'details-heard':
      return { ...state, details: event.known };
    case 'limits-heard':
      return { ...state, limits: event.limits };
    case 'panel-request':
      return { ...state, request: event.request };
    case 'panel-done':
      return { ...state, request: null, view: { ...state.view, panel: null } };
    case 'action-asked':
      return withActivity(state, event.id, { type: 'asked', action: event.action });
    case 'action-failed':
      // The row may have gone while the answer was on its way; then there is nobody left to tell.
      if (!state.transfers?.has(event.id)) return withActivity(state, event.id, null);
      return withActivity(state, event.id, { type: 'failed', action: event.action, problem: event.problem });
    case 'action-done':
    case 'problem-dismissed':
      return withActivity(state, event.id, null);
    case 'view': {
      const view = stepView(state.view, event.event, state.arrangement);
      // A refusal is forgotten with the panel that it stands in.
      const next = { ...state, view, request: view.panel === state.view.panel ? state.request : null };
      return view.query === state.view.query && view.order === state.view.order ? next : arranged(next);
    }
  }
}

function arranged(state: DashboardState): DashboardState {
  if (state.transfers === null) return state;
  return { ...state, arrangement: arrange(state.transfers, state.view.query, state.view.order) };
}

function withActivity(state: DashboardState, id: string, activity: Activity | null): DashboardState {
  const activities = new Map(state.activities);
  if (activity === null) activities.delete(id);
  else activities.set(id, activity);
  return { ...state, activities };
}

/** A problem is forgotten once its transfer is gone or has moved on to another status. */
function activitiesAfter(state: DashboardState, transfers: TransferList): ReadonlyMap<string, Activity> {
  if (state.activities.size === 0) return state.activities;
  const kept = [...state.activities].filter(([id, activity]) => {
    const after = transfers.get(id);
    if (after === undefined) return false;
    return activity.type === 'asked' || state.transfers?.get(id)?.record.status === after.record.status;
  });
  return kept.length === state.activities.size ? state.activities : new Map(kept);
}
