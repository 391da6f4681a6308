// How the reader wants to see the page: filter, order, what is open, where the keyboard is. Pure.
import { type Arrangement, type RowMove, rowAfter } from './transfers/arrangement.ts';
import type { SortOrder } from './transfers/transfer-groups.ts';

/** What can stand between the tools and the rows; one at a time. */
export type Panel = 'help' | 'limits' | BulkAction;

/** What can happen to many at once; asked about in a panel first. */
export type BulkAction = 'cancel-all' | 'remove-finished';

export interface View {
  /** As typed. */
  readonly query: string;
  readonly order: SortOrder;
  readonly panel: Panel | null;
  /** The transfer whose details are open. */
  readonly openId: string | null;
  /** The row that the keyboard is at; `moves` grows when a key moved it there, so that the focus follows. */
  readonly cursor: { readonly id: string | null; readonly moves: number };
}

export type ViewEvent =
  | { readonly type: 'filtered'; readonly query: string }
  | { readonly type: 'ordered'; readonly order: SortOrder }
  /** Asked for again, an open panel closes. */
  | { readonly type: 'panel-asked'; readonly panel: Panel }
  | { readonly type: 'panel-closed' }
  | { readonly type: 'opened'; readonly id: string | null }
  | { readonly type: 'moved'; readonly move: RowMove }
  | { readonly type: 'focused'; readonly id: string }
  /** Escape: closes the panel, else empties the filter, else closes the details. */
  | { readonly type: 'stepped-back' };

export const initialView: View = Object.freeze<View>({
  query: '',
  order: 'time',
  panel: null,
  openId: null,
  cursor: { id: null, moves: 0 },
});

export function stepView(view: View, event: ViewEvent, arrangement: Arrangement): View {
  switch (event.type) {
    case 'filtered':
      return { ...view, query: event.query };
    case 'ordered':
      return { ...view, order: event.order };
    case 'panel-asked':
      return { ...view, panel: view.panel === event.panel ? null : event.panel };
    case 'panel-closed':
      return { ...view, panel: null };
    case 'opened':
      return { ...view, openId: event.id };
    case 'moved': {
      const id = rowAfter(arrangement, view.cursor.id, event.move);
      return { ...view, cursor: { id, moves: view.cursor.moves + 1 } };
    }
    case 'focused':
      return view.cursor.id === event.id ? view : { ...view, cursor: { ...view.cursor, id: event.id } };
    case 'stepped-back':
      if (view.panel !== null) return { ...view, panel: null };
      if (view.query !== '') return { ...view, query: '' };
      return { ...view, openId: null };
  }
}
