// The page in a state of choice, without an agent: `#busy`, `#empty`, … (the names of gallery-states.ts). For eyes and screenshots.
import { render } from 'preact';
import { App } from '../../src/views/app.tsx';
import { titleOf } from '../../src/words/page-words.ts';
import { fixtureNow } from '../fixtures/transfer-records.ts';
import { galleryStates } from './gallery-states.ts';

const nothing = () => {};
const commands = { act: nothing, dismiss: nothing, connectNow: nothing };

function show(): void {
  const name = location.hash.slice(1);
  const state = galleryStates[name as keyof typeof galleryStates] ?? galleryStates.busy;
  document.title = titleOf(state);
  render(<App state={state} now={fixtureNow} announcement="" commands={commands} />, document.querySelector('#page')!);
}

addEventListener('hashchange', show);
show();
