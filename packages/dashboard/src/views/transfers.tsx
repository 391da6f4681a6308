// All transfers in their groups; of thousands only the rows near the reader's eyes are made. Rows change groups and go
// away under the reader's hands, so the keyboard's place is kept.
import { Component, createRef } from 'preact';
import type { DashboardState } from '../dashboard-state.ts';
import { defaults } from '../options.ts';
import type { GroupOfRows } from '../transfers/arrangement.ts';
import { covers, type RowRange, rowsBetween, segmentsOf, topsOf } from '../transfers/row-window.ts';
import type { TransferGroup } from '../transfers/transfer-groups.ts';
import { clockOf } from '../transfers/transfer-row-model.ts';
import { groupWords } from '../words/status-words.ts';
import { type FocusPlace, focusPlace, restoreFocus } from './focus-place.ts';
import { TransferRow } from './transfer-row.tsx';
import type { ViewCommands } from './view-commands.ts';

export interface TransfersProps {
  readonly state: DashboardState;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly isLive: boolean;
  readonly commands: ViewCommands;
}

type Ranges = ReadonlyMap<TransferGroup, RowRange>;

/** Until the first look at where things stand. */
const firstRange: RowRange = { first: 0, end: 12 };

export class Transfers extends Component<TransfersProps, { ranges: Ranges }> {
  override state = { ranges: new Map<TransferGroup, RowRange>() };
  readonly #root = createRef<HTMLDivElement>();
  /** As last seen on the screen, by id; forgotten when the width changes. */
  readonly #heights = new Map<string, number>();
  /** Of a row that was never on the screen: as tall as the first one of its group was. */
  readonly #usual = new Map<TransferGroup, number>();
  #width = 0;
  #place: FocusPlace | null = null;
  readonly #onScroll = () => this.#look();

  override componentDidMount(): void {
    addEventListener('scroll', this.#onScroll, { passive: true });
    addEventListener('resize', this.#onScroll);
    this.#look();
    this.#bringIntoSight(this.props.state.view.openId);
  }

  override componentWillUnmount(): void {
    removeEventListener('scroll', this.#onScroll);
    removeEventListener('resize', this.#onScroll);
  }

  override componentDidUpdate(before: TransfersProps): void {
    const [was, is] = [before.state.view, this.props.state.view];
    if (was.cursor.moves !== is.cursor.moves && is.cursor.id !== null) {
      this.#rowElement(is.cursor.id)?.querySelector<HTMLElement>('.name')?.focus();
    } else {
      restoreFocus(this.#root.current, this.#place);
    }
    if (was.openId !== is.openId) this.#bringIntoSight(is.openId);
    this.#look();
  }

  override render({ state, now, isLive, commands }: TransfersProps, { ranges }: { ranges: Ranges }) {
    // Read while the old rows still stand.
    this.#place = focusPlace(this.#root.current);
    return (
      <div class="transfers" ref={this.#root}>
        {state.arrangement.groups.map(({ group, ids }) => (
          <section key={group} data-group={group} aria-labelledby={`group-${group}`}>
            <h2 id={`group-${group}`}>
              {groupWords[group]} <span class="count">{ids.length}</span>
            </h2>
            <ul>{this.#rows({ group, ids }, ranges.get(group) ?? firstRange, state, now, isLive, commands)}</ul>
          </section>
        ))}
      </div>
    );
  }

  #rows(
    { group, ids }: GroupOfRows,
    range: RowRange,
    { transfers, activities, details, view }: DashboardState,
    now: number,
    isLive: boolean,
    commands: ViewCommands,
  ) {
    const made = ids.length <= defaults.alwaysMadeRows ? { first: 0, end: ids.length } : range;
    // A row that is open or has the keyboard stays, however far it is away.
    const kept = [view.openId, view.cursor.id].map(id => (id === null ? -1 : ids.indexOf(id)));
    return segmentsOf(this.#tops(group, ids), made, kept).map(segment => {
      if (segment.type === 'gap') {
        const key = `gap-${segment.before}`;
        return <li key={key} class="gap" aria-hidden="true" style={{ height: `${segment.heightPx}px` }} />;
      }
      const id = ids[segment.index]!;
      const entry = transfers?.get(id);
      if (entry === undefined) throw new Error(`no transfer ${id} for its row`);
      const isOpen = view.openId === id;
      return (
        <TransferRow
          key={id}
          entry={entry}
          activity={activities.get(id)}
          now={clockOf(entry, now)}
          isLive={isLive}
          isOpen={isOpen}
          details={isOpen && details?.details.id === id ? details : null}
          place={segment.index + 1}
          places={ids.length}
          commands={commands}
        />
      );
    });
  }

  #tops(group: TransferGroup, ids: readonly string[]): Float64Array {
    return topsOf(ids, this.#heights, this.#usual.get(group) ?? defaults.usualRowHeightPx);
  }

  /** Sees how tall rows are and which ones are near the screen; makes others where those are missing. */
  #look(): void {
    const root = this.#root.current;
    if (root === null) return;
    if (this.#width !== root.clientWidth) {
      this.#width = root.clientWidth;
      this.#heights.clear();
      this.#usual.clear();
    }
    for (const element of root.querySelectorAll<HTMLElement>('.transfer')) {
      const { height } = element.getBoundingClientRect();
      const group = element.dataset.group as TransferGroup;
      this.#heights.set(element.dataset.id!, height);
      if (!this.#usual.has(group)) this.#usual.set(group, height);
    }
    const lists = [...root.querySelectorAll<HTMLElement>('section > ul')];
    const ranges = new Map<TransferGroup, RowRange>();
    let isEnough = true;
    for (const [index, { group, ids }] of this.props.state.arrangement.groups.entries()) {
      const tops = this.#tops(group, ids);
      const above = -(lists[index]?.getBoundingClientRect().top ?? 0);
      const wanted = (marginPx: number) => rowsBetween(tops, above - marginPx, above + innerHeight + marginPx);
      ranges.set(group, wanted(defaults.marginPx));
      const made = this.state.ranges.get(group) ?? firstRange;
      if (ids.length > defaults.alwaysMadeRows && !covers(made, wanted(defaults.marginPx / 3))) isEnough = false;
    }
    if (!isEnough) this.setState({ ranges });
  }

  #rowElement(id: string): HTMLElement | null {
    return this.#root.current?.querySelector<HTMLElement>(`.transfer[data-id="${CSS.escape(id)}"]`) ?? null;
  }

  #bringIntoSight(id: string | null): void {
    if (id !== null) this.#rowElement(id)?.scrollIntoView({ block: 'nearest' });
  }
}
