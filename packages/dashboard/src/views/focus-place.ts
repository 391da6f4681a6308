// Keeps the keyboard where it was while rows move between groups, swap buttons or go away.

export interface FocusPlace {
  readonly id: string;
  readonly action: string | null;
  /** Where the row stood among all rows. */
  readonly index: number;
}

const rowsIn = (root: Element) => [...root.querySelectorAll<HTMLElement>('.row')];

/** Where the keyboard is inside `root`; `null` when it is elsewhere. */
export function focusPlace(root: Element | null): FocusPlace | null {
  const focused = root?.ownerDocument.activeElement;
  const row = focused?.closest<HTMLElement>('.row');
  if (root === null || focused == null || row == null || !root.contains(row)) return null;
  return {
    id: row.dataset.id ?? '',
    action: focused instanceof HTMLElement ? (focused.dataset.action ?? null) : null,
    index: rowsIn(root).indexOf(row),
  };
}

/** Puts the keyboard back when the rows took it away: same button or the name, else the first of that row, else of the next row. */
export function restoreFocus(root: Element | null, place: FocusPlace | null): void {
  if (root === null || place === null) return;
  const { activeElement, body } = root.ownerDocument;
  if (activeElement !== null && activeElement !== body) return;
  const rows = rowsIn(root);
  const row = rows.find(candidate => candidate.dataset.id === place.id) ?? rows[Math.min(place.index, rows.length - 1)];
  const buttons = [...(row?.querySelectorAll<HTMLElement>('.actions button') ?? [])];
  if (place.action === null && row?.dataset.id === place.id) {
    row.querySelector<HTMLElement>('.name')?.focus({ preventScroll: true });
    return;
  }
  (buttons.find(button => button.dataset.action === place.action) ?? buttons[0])?.focus({ preventScroll: true });
}
