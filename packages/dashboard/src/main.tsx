// The composition root of the page: link -> session -> connection -> state -> view.
import { render } from 'preact';
import { type DashboardEvent, initialState, type RowAction, step } from './dashboard-state.ts';
import { requestFrame } from './frame.ts';
import { commandOf } from './keyboard.ts';
import { wantsCode } from './link/link-states.ts';
import { defaults } from './options.ts';
import { fragmentOf, openIdIn } from './route.ts';
import { AgentConnection } from './session/agent-connection.ts';
import { problemOf } from './session/call-problem.ts';
import { logIn, takeCode } from './session/login.ts';
import { createStore } from './store.ts';
import { isToBeAsked } from './transfers/known-details.ts';
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
});

const commands: AppCommands = {
  act: (action, id) => askForRow(action, id, agent => agent.perform(action, id)),
  limit: (id, bytesPerSecond) => askForRow('limit', id, agent => agent.limit(id, bytesPerSecond)),
  actOnAll: action => askForPanel(agent => agent.performOnAll(action)),
  setLimits: limits => askForPanel(agent => agent.setLimits(limits)),
  dismiss: id => store.send({ type: 'problem-dismissed', id }),
  connectNow: () => void connection?.connect(),
  view(event) {
    store.send({ type: 'view', event });
    if (event.type === 'stepped-back') followAddress();
  },
  open(id) {
    store.send({ type: 'view', event: { type: 'opened', id } });
    followAddress();
  },
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
  const record = view.openId === null ? undefined : transfers?.get(view.openId)?.record;
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

/** The address names the open transfer. Opening one can be taken back by the browser's Back. */
function followAddress(): void {
  const { openId } = store.state.view;
  if (openIdIn(location.hash) === openId) return;
  const address = location.pathname + location.search + fragmentOf(openId);
  if (openId === null || openIdIn(location.hash) !== null) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
}

/** The page follows the address: a link into it, Back and Forward. */
function followFragment(): void {
  store.send({ type: 'view', event: { type: 'opened', id: openIdIn(location.hash) } });
}

function onKey(event: KeyboardEvent): void {
  const command = commandOf(pressOf(event));
  if (command === null || store.state.transfers === null) return;
  // What waits to be rendered may move the focus; then a letter typed right behind this key would go elsewhere.
  store.flush();
  if (command.type === 'focus-filter') focusFilter();
  else if (command.type === 'show-help') commands.view({ type: 'panel-asked', panel: 'help' });
  else if (command.type === 'step-back') commands.view({ type: 'stepped-back' });
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
}, defaults.tickMs);

const code = takeCode(window);
followFragment();
if (code === null) tell({ type: 'code-missing', at: Date.now() });
else void enter(code);
show();
