// Everything the page knows, and the one `step()` that changes it. Pure: what happened comes in, the next state goes out.
import type {
  AgentStatus,
  RunRecord,
  SocketChange,
  SocketRecord,
  TaskChange,
  TaskRecord,
  TransferLimitsRecord,
  TransferRecord,
} from '@longhaul/agent-protocol';
import { type Link, type LinkEvent, stepLink } from './link/link-states.ts';
import { defaults } from './options.ts';
import type { RowGroups } from './rows/row-groups.ts';
import { movesSockets, type SocketList, socketsFromSnapshot, withSocketChanges } from './sockets/socket-list.ts';
import { arrangeSockets, noSocketRows, type SocketRows } from './sockets/socket-rows.ts';
import type { KnownRun } from './tasks/known-run.ts';
import { type TaskList, tasksFromSnapshot, withTaskChanges } from './tasks/task-list.ts';
import { arrangeTasks, noTaskRows, type TaskRows } from './tasks/task-rows.ts';
import { type Arrangement, arrange, movesRows, noRows } from './transfers/arrangement.ts';
import type { KnownDetails } from './transfers/known-details.ts';
import type { TransferAction } from './transfers/transfer-actions.ts';
import { fromSnapshot, type TransferChange, type TransferList, withChanges } from './transfers/transfer-list.ts';
import { initialView, listView, stepView, type View, type ViewEvent } from './view-state.ts';
import type { Problem } from './words/problem-words.ts';

/** What a row can ask of the agent. */
export type RowAction = TransferAction | 'limit' | 'remove-socket' | 'cancel-run';

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
  /** As with the transfers: `null` until the first snapshot. */
  readonly sockets: SocketList | null;
  readonly socketRows: SocketRows;
  readonly tasks: TaskList | null;
  readonly taskRows: TaskRows;
  /** Of the run that was opened last. */
  readonly run: KnownRun | null;
  /** By the id of a transfer or run, or a socket's `app/id`. */
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
  | {
      readonly type: 'sockets-snapshot';
      readonly records: readonly SocketRecord[];
      /** Heard before it came. */
      readonly changes: readonly SocketChange[];
    }
  | { readonly type: 'socket-changes'; readonly changes: readonly SocketChange[] }
  | {
      readonly type: 'tasks-snapshot';
      readonly records: readonly TaskRecord[];
      readonly runs: readonly RunRecord[];
      /** Heard before it came. */
      readonly changes: readonly TaskChange[];
    }
  | { readonly type: 'task-changes'; readonly changes: readonly TaskChange[] }
  | { readonly type: 'run-heard'; readonly known: KnownRun }
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
  sockets: null,
  socketRows: noSocketRows,
  tasks: null,
  taskRows: noTaskRows,
  run: null,
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
      return arranged(withActivitiesOf(state, { ...state, transfers }));
    }
    case 'changes': {
      if (state.transfers === null) throw new Error('changes before the first snapshot');
      const transfers = withChanges(state.transfers, event.changes, event.at, defaults.paceTimeConstantMs);
      if (transfers === state.transfers) return state;
      const next = withActivitiesOf(state, { ...state, transfers });
      return movesRows(state.transfers, transfers, event.changes) ? arranged(next) : next;
    }
    case 'sockets-snapshot': {
      const sockets = withSocketChanges(socketsFromSnapshot(event.records), event.changes, 'before-snapshot');
      return withSocketRows(withActivitiesOf(state, { ...state, sockets }));
    }
    case 'socket-changes': {
      if (state.sockets === null) throw new Error('changes before the first snapshot');
      const sockets = withSocketChanges(state.sockets, event.changes);
      const next = withActivitiesOf(state, { ...state, sockets });
      return movesSockets(state.sockets, sockets, event.changes) ? withSocketRows(next) : next;
    }
    case 'tasks-snapshot': {
      const snapshot = tasksFromSnapshot(event.records, event.runs);
      const tasks = withTaskChanges(snapshot, event.changes, defaults.maxRuns, 'before-snapshot');
      return withTaskRows(withActivitiesOf(state, { ...state, tasks }));
    }
    case 'task-changes': {
      if (state.tasks === null) throw new Error('changes before the first snapshot');
      const tasks = withTaskChanges(state.tasks, event.changes, defaults.maxRuns);
      return withTaskRows(withActivitiesOf(state, { ...state, tasks }));
    }
    case 'run-heard':
      return { ...state, run: event.known };
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
      if (statusIn(state, event.id) === undefined) return withActivity(state, event.id, null);
      return withActivity(state, event.id, { type: 'failed', action: event.action, problem: event.problem });
    case 'action-done':
    case 'problem-dismissed':
      return withActivity(state, event.id, null);
    case 'view': {
      const view = stepView(state.view, event.event, rowsIn(state));
      // A refusal is forgotten with the panel that it stands in.
      const next = { ...state, view, request: view.panel === state.view.panel ? state.request : null };
      const isArranged =
        view.page !== state.view.page ||
        (listView(view).query === listView(state.view).query && view.order === state.view.order);
      return isArranged ? next : arrangedBy[view.page](next);
    }
  }
}

/** The rows of the list that is seen. */
export function rowsIn({ view, arrangement, socketRows, taskRows }: DashboardState): RowGroups {
  if (view.page === 'transfers') return arrangement;
  return view.page === 'sockets' ? socketRows : taskRows;
}

function arranged(state: DashboardState): DashboardState {
  if (state.transfers === null) return state;
  const { view } = state;
  return { ...state, arrangement: arrange(state.transfers, view.lists.transfers.query, view.order) };
}

function withSocketRows(state: DashboardState): DashboardState {
  if (state.sockets === null) return state;
  return { ...state, socketRows: arrangeSockets(state.sockets, state.view.lists.sockets.query) };
}

function withTaskRows(state: DashboardState): DashboardState {
  if (state.tasks === null) return state;
  return { ...state, taskRows: arrangeTasks(state.tasks, state.view.lists.tasks.query) };
}

const arrangedBy = { transfers: arranged, sockets: withSocketRows, tasks: withTaskRows };

function withActivity(state: DashboardState, id: string, activity: Activity | null): DashboardState {
  const activities = new Map(state.activities);
  if (activity === null) activities.delete(id);
  else activities.set(id, activity);
  return { ...state, activities };
}

/** Of the transfer, socket or run that has this id; `undefined` where there is none. */
const statusIn = ({ transfers, sockets, tasks }: DashboardState, id: string): string | undefined =>
  transfers?.get(id)?.record.status ?? sockets?.get(id)?.record.status ?? tasks?.runs.get(id)?.status;

/** A problem is forgotten once what it is about is gone or has moved on to another status. */
function withActivitiesOf(before: DashboardState, after: DashboardState): DashboardState {
  if (before.activities.size === 0) return after;
  const kept = [...before.activities].filter(([id, activity]) => {
    const status = statusIn(after, id);
    if (status === undefined) return false;
    return activity.type === 'asked' || statusIn(before, id) === status;
  });
  return kept.length === before.activities.size ? after : { ...after, activities: new Map(kept) };
}
