// Rows in their groups, whatever they show; of thousands only those near the reader's eyes are made. Rows change groups and go
// away under the reader's hands, so the keyboard's place is kept.
import { Component, type ComponentChildren, createRef } from 'preact';
import { defaults } from '../options.ts';
import type { GroupOfRows } from '../rows/row-groups.ts';
import { covers, type RowRange, rowsBetween, segmentsOf, topsOf } from '../rows/row-window.ts';
import type { ListView } from '../view-state.ts';
import { type FocusPlace, focusPlace, restoreFocus } from './focus-place.ts';

/** Where a row stands in its group. */
export interface RowPlace {
  readonly group: string;
  /** From 1. */
  readonly place: number;
  readonly places: number;
}

export interface RowsProps {
  readonly groups: readonly GroupOfRows[];
  readonly titleOf: (group: string) => string;
  readonly list: ListView;
  /** Makes one row: an `<li class="row">` with `data-id`, `data-group` and `data-first`. */
  readonly children: (id: string, place: RowPlace) => ComponentChildren;
}

type Ranges = ReadonlyMap<string, RowRange>;

/** Until the first look at where things stand. */
const firstRange: RowRange = { first: 0, end: 12 };

export class Rows extends Component<RowsProps, { ranges: Ranges }> {
  override state = { ranges: new Map<string, RowRange>() };
  readonly #root = createRef<HTMLDivElement>();
  /** As last seen on the screen, by id; forgotten when the width changes. */
  readonly #heights = new Map<string, number>();
  /** Of a row that was never on the screen: as tall as the first one of its group was. */
  readonly #usual = new Map<string, number>();
  #width = 0;
  #place: FocusPlace | null = null;
  readonly #onScroll = () => this.#look();

  override componentDidMount(): void {
    addEventListener('scroll', this.#onScroll, { passive: true });
    addEventListener('resize', this.#onScroll);
    this.#look();
    this.#bringIntoSight(this.props.list.openId);
  }

  override componentWillUnmount(): void {
    removeEventListener('scroll', this.#onScroll);
    removeEventListener('resize', this.#onScroll);
  }

  override componentDidUpdate(before: RowsProps): void {
    const [was, is] = [before.list, this.props.list];
    if (was.cursor.moves !== is.cursor.moves && is.cursor.id !== null) {
      this.#rowElement(is.cursor.id)?.querySelector<HTMLElement>('.name')?.focus();
    } else {
      restoreFocus(this.#root.current, this.#place);
    }
    if (was.openId !== is.openId) this.#bringIntoSight(is.openId);
    this.#look();
  }

  override render({ groups, titleOf, list, children }: RowsProps, { ranges }: { ranges: Ranges }) {
    // Read while the old rows still stand.
    this.#place = focusPlace(this.#root.current);
    return (
      <div class="rows" ref={this.#root}>
        {groups.map(({ group, ids }) => (
          <section key={group} data-group={group} aria-labelledby={`group-${group}`}>
            <h2 id={`group-${group}`}>
              {titleOf(group)} <span class="count">{ids.length}</span>
            </h2>
            <ul>{this.#rows({ group, ids }, ranges.get(group) ?? firstRange, list, children)}</ul>
          </section>
        ))}
      </div>
    );
  }

  #rows({ group, ids }: GroupOfRows, range: RowRange, list: ListView, children: RowsProps['children']) {
    const made = ids.length <= defaults.alwaysMadeRows ? { first: 0, end: ids.length } : range;
    // A row that is open or has the keyboard stays, however far it is away.
    const kept = [list.openId, list.cursor.id].map(id => (id === null ? -1 : ids.indexOf(id)));
    return segmentsOf(this.#tops(group, ids), made, kept).map(segment => {
      if (segment.type === 'gap') {
        const key = `gap-${segment.before}`;
        return <li key={key} class="gap" aria-hidden="true" style={{ height: `${segment.heightPx}px` }} />;
      }
      return children(ids[segment.index]!, { group, place: segment.index + 1, places: ids.length });
    });
  }

  #tops(group: string, ids: readonly string[]): Float64Array {
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
    for (const element of root.querySelectorAll<HTMLElement>('.row')) {
      const { height } = element.getBoundingClientRect();
      const group = element.dataset.group!;
      this.#heights.set(element.dataset.id!, height);
      if (!this.#usual.has(group)) this.#usual.set(group, height);
    }
    const lists = [...root.querySelectorAll<HTMLElement>(':scope > section > ul')];
    const ranges = new Map<string, RowRange>();
    let isEnough = true;
    for (const [index, { group, ids }] of this.props.groups.entries()) {
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
    return this.#root.current?.querySelector<HTMLElement>(`.row[data-id="${CSS.escape(id)}"]`) ?? null;
  }

  #bringIntoSight(id: string | null): void {
    if (id !== null) this.#rowElement(id)?.scrollIntoView({ block: 'nearest' });
  }
}
