// The page in a state of choice, without an agent: `#busy`, `#empty`, … (the names of gallery-states.ts). For eyes and screenshots.
import { render } from 'preact';
import { type DashboardEvent, type DashboardState, step } from '../../src/dashboard-state.ts';
import { placeOf } from '../../src/route.ts';
import { listView, type ViewEvent } from '../../src/view-state.ts';
import { App } from '../../src/views/app.tsx';
import { titleOf } from '../../src/words/page-words.ts';
import { fixtureNow } from '../fixtures/transfer-records.ts';
import { galleryStates } from './gallery-states.ts';

const nothing = () => {};

let state: DashboardState = galleryStates.busy;
const commands = {
  act: nothing,
  dismiss: nothing,
  actOnAll: nothing,
  limit: nothing,
  setLimits: nothing,
  connectNow: nothing,
  view: (event: ViewEvent) => go({ type: 'view', event }),
  open: (id: string | null) => go({ type: 'view', event: { type: 'went', place: placeOf(state.view.page, id) } }),
  openRun: (id: string | null) =>
    go({ type: 'view', event: { type: 'went', place: placeOf('tasks', listView(state.view).openId, id) } }),
  removeSocket: nothing,
  cancelRun: nothing,
};

function go(event: DashboardEvent): void {
  state = step(state, event);
  draw();
}

function show(): void {
  const name = location.hash.slice(1);
  state = galleryStates[name as keyof typeof galleryStates] ?? galleryStates.busy;
  draw();
}

function draw(): void {
  document.title = titleOf(state);
  render(<App state={state} now={fixtureNow} announcement="" commands={commands} />, document.querySelector('#page')!);
}

addEventListener('hashchange', show);
show();
