// The way from one list to another: a link each, with how many there are and a mark where somebody should look.
import { type DashboardState, rowsIn } from '../dashboard-state.ts';
import { fragmentOf, type Page, pages, placeOf } from '../route.ts';
import { pageWords } from '../words/page-words.ts';

export const Pages = ({ state }: { state: DashboardState }) => (
  <nav aria-label="Lists">
    {pages.map(page => {
      const { count, attention } = standOf(state, page);
      const { openId, runId } = state.view.lists[page];
      const isHere = state.view.page === page;
      const href = fragmentOf(isHere ? placeOf(page) : placeOf(page, openId, runId)) || '#/';
      return (
        <a key={page} href={href} aria-current={isHere ? 'page' : undefined}>
          {pageWords[page]}
          {count === null ? null : <span class="count">{count}</span>}
          {attention === null ? null : <span class="attention" title={attention} role="img" aria-label={attention} />}
        </a>
      );
    })}
  </nav>
);

/** `count`: `null` until it is known. */
function standOf(state: DashboardState, page: Page): { count: number | null; attention: string | null } {
  const { transfers, sockets, tasks, socketRows, taskRows } = state;
  if (page === 'transfers') return { count: transfers?.size ?? null, attention: null };
  if (page === 'sockets') {
    const { orphaned } = socketRows.counts;
    return { count: sockets?.size ?? null, attention: orphaned > 0 ? `${orphaned} orphaned` : null };
  }
  const { failing } = taskRows.counts;
  return { count: tasks?.entries.size ?? null, attention: failing > 0 ? `${failing} failing` : null };
}

/** The counts of the list that is seen. */
export const countsHere = (state: DashboardState): Readonly<Record<string, number>> => rowsIn(state).counts;
