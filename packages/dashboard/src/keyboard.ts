// What a key means on the page. Pure: the view says where the key was pressed and does what comes out.
import { type Page, pages } from './route.ts';
import type { RowMove } from './rows/row-groups.ts';

export type KeyCommand =
  | { readonly type: 'focus-filter' }
  | { readonly type: 'show-help' }
  | { readonly type: 'step-back' }
  | { readonly type: 'turn'; readonly page: Page }
  | { readonly type: 'move'; readonly move: RowMove };

export interface KeyPress {
  readonly key: string;
  /** Control, Alt or Meta is held: that is the browser's. */
  readonly isCombined: boolean;
  /** `text`: a field that takes letters; `choice`: a list of choices, which needs the arrows; `elsewhere`: anywhere else. */
  readonly where: 'filter' | 'text' | 'choice' | 'elsewhere';
}

const moves: { readonly [key: string]: RowMove } = {
  ArrowDown: 'next',
  ArrowUp: 'previous',
  Home: 'first',
  End: 'last',
};

/** `null` where the key keeps its usual meaning. */
export function commandOf({ key, isCombined, where }: KeyPress): KeyCommand | null {
  if (isCombined) return null;
  if (key === 'Escape') return { type: 'step-back' };
  // From the filter straight to what it has found.
  if (where === 'filter' && key === 'ArrowDown') return { type: 'move', move: 'first' };
  if (where !== 'elsewhere') return null;
  if (key === '/') return { type: 'focus-filter' };
  if (key === '?') return { type: 'show-help' };
  const page = pages[['1', '2', '3'].indexOf(key)];
  if (page !== undefined) return { type: 'turn', page };
  const move = moves[key];
  return move === undefined ? null : { type: 'move', move };
}

/** For the help on the page. */
export const keyHelp: readonly { readonly keys: readonly string[]; readonly words: string }[] = [
  { keys: ['1', '2', '3'], words: 'transfers, sockets, tasks' },
  { keys: ['/'], words: 'go to the filter' },
  { keys: ['↑', '↓'], words: 'from one row to another' },
  { keys: ['Home', 'End'], words: 'to the first, to the last' },
  { keys: ['Enter'], words: 'open or close its details' },
  { keys: ['Tab'], words: 'to its buttons' },
  { keys: ['Esc'], words: 'close what is open, empty the filter' },
  { keys: ['?'], words: 'this help' },
];
