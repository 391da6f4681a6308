// How the reader wants to see the page: which list, its filter and order, what is open, where the keyboard is. Pure.
import { type Page, type Place, placeOf } from './route.ts';
import { type RowGroups, type RowMove, rowAfter } from './rows/row-groups.ts';
import type { SortOrder } from './transfers/transfer-groups.ts';

/** What can stand between the tools and the rows; one at a time. */
export type Panel = 'help' | 'limits' | BulkAction;

/** What can happen to many at once; asked about in a panel first. */
export type BulkAction = 'cancel-all' | 'remove-finished';

/** Each list keeps its own, so that a look at another loses nothing. */
export interface ListView {
  /** As typed. */
  readonly query: string;
  /** The row whose details are open. */
  readonly openId: string | null;
  /** Of an open task: the run that is open. */
  readonly runId: string | null;
  /** The row that the keyboard is at; `moves` grows when a key moved it there, so that the focus follows. */
  readonly cursor: { readonly id: string | null; readonly moves: number };
}

export interface View {
  readonly page: Page;
  readonly lists: { readonly [P in Page]: ListView };
  /** Of the transfers. */
  readonly order: SortOrder;
  readonly panel: Panel | null;
}

export type ViewEvent =
  | { readonly type: 'filtered'; readonly query: string }
  | { readonly type: 'ordered'; readonly order: SortOrder }
  /** Asked for again, an open panel closes. */
  | { readonly type: 'panel-asked'; readonly panel: Panel }
  | { readonly type: 'panel-closed' }
  /** To a page, and what is open on it. */
  | { readonly type: 'went'; readonly place: Place }
  | { readonly type: 'moved'; readonly move: RowMove }
  | { readonly type: 'focused'; readonly id: string }
  /** Escape: closes the panel, else empties the filter, else closes the open run, else the details. */
  | { readonly type: 'stepped-back' };

const untouched: ListView = { query: '', openId: null, runId: null, cursor: { id: null, moves: 0 } };

export const initialView: View = Object.freeze<View>({
  page: 'transfers',
  lists: { transfers: untouched, sockets: untouched, tasks: untouched },
  order: 'time',
  panel: null,
});

/** The list that is seen. */
export const listView = (view: View): ListView => view.lists[view.page];

export const placeIn = (view: View): Place => placeOf(view.page, listView(view).openId, listView(view).runId);

/** `rows`: those of the list that is seen. */
export function stepView(view: View, event: ViewEvent, rows: Pick<RowGroups, 'groups'>): View {
  const list = listView(view);
  const withList = (given: Partial<ListView>): View => ({
    ...view,
    lists: { ...view.lists, [view.page]: { ...list, ...given } },
  });
  switch (event.type) {
    case 'filtered':
      return withList({ query: event.query });
    case 'ordered':
      return { ...view, order: event.order };
    case 'panel-asked':
      return { ...view, panel: view.panel === event.panel ? null : event.panel };
    case 'panel-closed':
      return { ...view, panel: null };
    case 'went': {
      const { page, openId, runId } = event.place;
      const panel = page === view.page ? view.panel : null;
      return { ...view, page, panel, lists: { ...view.lists, [page]: { ...view.lists[page], openId, runId } } };
    }
    case 'moved': {
      const id = rowAfter(rows, list.cursor.id, event.move);
      return withList({ cursor: { id, moves: list.cursor.moves + 1 } });
    }
    case 'focused':
      return list.cursor.id === event.id ? view : withList({ cursor: { ...list.cursor, id: event.id } });
    case 'stepped-back':
      if (view.panel !== null) return { ...view, panel: null };
      if (list.query !== '') return withList({ query: '' });
      if (list.runId !== null) return withList({ runId: null });
      return withList({ openId: null });
  }
}
