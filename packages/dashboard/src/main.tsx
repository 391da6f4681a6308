// The composition root of the page: link -> session -> connection -> state -> view.
import { render } from 'preact';
import { type DashboardEvent, initialState, type RowAction, step } from './dashboard-state.ts';
import { requestFrame } from './frame.ts';
import { commandOf } from './keyboard.ts';
import { wantsCode } from './link/link-states.ts';
import { defaults } from './options.ts';
import { fragmentOf, isSamePlace, type Place, placeIn, placeOf } from './route.ts';
import { AgentConnection } from './session/agent-connection.ts';
import { problemOf } from './session/call-problem.ts';
import { logIn, takeCode } from './session/login.ts';
import { createStore } from './store.ts';
import { isRunToBeAsked } from './tasks/known-run.ts';
import { isToBeAsked } from './transfers/known-details.ts';
import { listView, placeIn as placeInView } from './view-state.ts';
import { App, type AppCommands } from './views/app.tsx';
import { filterField, pressOf } from './views/key-places.ts';
import { announcementsOf, titleOf } from './words/page-words.ts';

const root = document.querySelector('#page');
if (root === null) throw new Error('the page has no place to render to');

let connection: AgentConnection | null = null;
let announcement = '';
/** How many links were used in this tab; an answer to an earlier one than the last comes too late. */
let entries = 0;

const store = createStore(initialState, step, requestFrame, (before, after) => {
  announcement = announcementsOf(before, after).join(' ') || announcement;
  show();
  void askForDetails();
  void askForRun();
});

const commands: AppCommands = {
  act: (action, id) => askForRow(action, id, agent => agent.perform(action, id)),
  limit: (id, bytesPerSecond) => askForRow('limit', id, agent => agent.limit(id, bytesPerSecond)),
  actOnAll: action => askForPanel(agent => agent.performOnAll(action)),
  setLimits: limits => askForPanel(agent => agent.setLimits(limits)),
  removeSocket(id) {
    const record = store.state.sockets?.get(id)?.record;
    if (record === undefined) return;
    void askForRow('remove-socket', id, agent => agent.removeSocket({ app: record.app, id: record.id }));
  },
  cancelRun: id => askForRow('cancel-run', id, agent => agent.cancelRun(id)),
  dismiss: id => store.send({ type: 'problem-dismissed', id }),
  connectNow: () => void connection?.connect(),
  view(event) {
    store.send({ type: 'view', event });
    if (event.type === 'stepped-back') followAddress();
  },
  open: id => go(placeOf(store.state.view.page, id)),
  openRun: runId => go(placeOf('tasks', listView(store.state.view).openId, runId)),
};

async function askForRow(action: RowAction, id: string, ask: (agent: AgentConnection) => Promise<void>): Promise<void> {
  if (connection === null) return;
  store.send({ type: 'action-asked', id, action });
  try {
    await ask(connection);
    store.send({ type: 'action-done', id });
  } catch (error) {
    store.send({ type: 'action-failed', id, action, problem: problemOf(error, connection?.isConnected ?? false) });
  }
}

async function askForPanel(ask: (agent: AgentConnection) => Promise<void>): Promise<void> {
  if (connection === null) return;
  store.send({ type: 'panel-request', request: { type: 'asked' } });
  try {
    await ask(connection);
    store.send({ type: 'panel-done' });
  } catch (error) {
    const problem = problemOf(error, connection?.isConnected ?? false);
    store.send({ type: 'panel-request', request: { type: 'failed', problem } });
  }
}

let isAskingForDetails = false;

/** Keeps the details of the open transfer fresh. Without an answer the page goes on with what it has. */
async function askForDetails(): Promise<void> {
  const { link, transfers, view, details } = store.state;
  const { openId } = view.lists.transfers;
  const record = view.page !== 'transfers' || openId === null ? undefined : transfers?.get(openId)?.record;
  if (record === undefined || connection === null || link.name !== 'live' || document.hidden) return;
  const at = Date.now();
  if (isAskingForDetails || !isToBeAsked(record, details, at, defaults.detailsEveryMs)) return;
  isAskingForDetails = true;
  try {
    const { id, revision } = record;
    store.send({ type: 'details-heard', known: { details: await connection.detailsOf(id), revision, at } });
  } catch {
    // Removed meanwhile, or the connection is lost: both are told by themselves.
  } finally {
    isAskingForDetails = false;
  }
}

let isAskingForRun = false;

/** As `askForDetails`, for the open run and what it wrote. */
async function askForRun(): Promise<void> {
  const { link, tasks, view, run: known } = store.state;
  const { runId } = view.lists.tasks;
  const run = view.page !== 'tasks' || runId === null ? undefined : tasks?.runs.get(runId);
  if (run === undefined || connection === null || link.name !== 'live' || document.hidden) return;
  const at = Date.now();
  if (isAskingForRun || !isRunToBeAsked(run, known, at, defaults.detailsEveryMs)) return;
  isAskingForRun = true;
  try {
    store.send({ type: 'run-heard', known: { details: await connection.runOf(run.id), at } });
  } catch {
    // Forgotten meanwhile, or the connection is lost.
  } finally {
    isAskingForRun = false;
  }
}

function go(place: Place): void {
  store.send({ type: 'view', event: { type: 'went', place } });
  followAddress();
}

/** The address names the page and what is open. What was opened can be taken back by the browser's Back. */
function followAddress(): void {
  const [place, before] = [placeInView(store.state.view), placeIn(location.hash)];
  if (isSamePlace(place, before)) return;
  const address = location.pathname + location.search + fragmentOf(place);
  const isFurther = place.page !== before.page || (place.openId !== null && before.openId === null);
  if (isFurther) history.pushState(null, '', address);
  else history.replaceState(null, '', address);
}

/** The page follows the address: a link into it, Back and Forward. */
function followFragment(): void {
  store.send({ type: 'view', event: { type: 'went', place: placeIn(location.hash) } });
}

function onKey(event: KeyboardEvent): void {
  const command = commandOf(pressOf(event));
  if (command === null || store.state.transfers === null) return;
  // What waits to be rendered may move the focus; then a letter typed right behind this key would go elsewhere.
  store.flush();
  if (command.type === 'focus-filter') focusFilter();
  else if (command.type === 'show-help') commands.view({ type: 'panel-asked', panel: 'help' });
  else if (command.type === 'step-back') commands.view({ type: 'stepped-back' });
  else if (command.type === 'turn') go(placeOf(command.page, store.state.view.lists[command.page].openId));
  else commands.view({ type: 'moved', move: command.move });
  store.flush();
  event.preventDefault();
}

function focusFilter(): void {
  const field = filterField();
  field?.focus();
  field?.select();
}

function show(): void {
  document.title = titleOf(store.state);
  render(<App state={store.state} now={Date.now()} announcement={announcement} commands={commands} />, root!);
}

/** Exchanges the code of a link that was opened in this tab for a session. */
async function enter(code: string): Promise<void> {
  if (!wantsCode(store.state.link)) return;
  entries += 1;
  const entry = entries;
  connection?.[Symbol.dispose]();
  connection = null;
  tell({ type: 'code-found' });
  const login = await logIn(code, defaults.requestTimeoutMs);
  if (entry !== entries) return;
  if (login.type === 'failed') return tell({ type: 'login-failed', why: login.why, at: Date.now() });
  tell({ type: 'login-accepted' });
  connection = new AgentConnection(
    login.token,
    {
      onLink: tell,
      onSnapshot: records => store.send({ type: 'snapshot', records, at: Date.now() }),
      onChanges: changes => store.send({ type: 'changes', changes, at: Date.now() }),
      onSockets: (records, changes) => store.send({ type: 'sockets-snapshot', records, changes }),
      onSocketChanges: changes => store.send({ type: 'socket-changes', changes }),
      onTasks: (records, runs, changes) => store.send({ type: 'tasks-snapshot', records, runs, changes }),
      onTaskChanges: changes => store.send({ type: 'task-changes', changes }),
      onLimits: limits => store.send({ type: 'limits-heard', limits }),
      onAgent: agent => store.send({ type: 'agent-described', agent }),
    },
    defaults,
  );
  await connection.connect();
}

function tell(event: Extract<DashboardEvent, { type: 'link' }>['event']): void {
  store.send({ type: 'link', event });
}

// A new link opened in the same tab changes only the fragment.
addEventListener('hashchange', () => {
  const code = takeCode(window);
  if (code === null) return followFragment();
  followAddress();
  void enter(code);
});
document.addEventListener('keydown', onKey);
// Back from sleep or another network: now is a better moment than the planned one.
addEventListener('online', commands.connectNow);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) commands.connectNow();
});
setInterval(() => {
  show();
  void askForDetails();
  void askForRun();
}, defaults.tickMs);

const code = takeCode(window);
followFragment();
if (code === null) tell({ type: 'code-missing', at: Date.now() });
else void enter(code);
show();
