// PURE. Rows of cells as aligned lines; wide characters (CJK, emoji) count two columns.
import stringWidth from 'string-width';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** This column gives way when the line is too long; its text loses its middle. At most one. */
  readonly isFlexible?: boolean;
}

/** `width`: columns of the terminal; without it lines are as long as they are. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width?: number,
): string[] {
  const widths = columns.map((column, index) =>
    Math.max(stringWidth(column.title), ...rows.map(row => stringWidth(row[index] ?? ''))),
  );
  const flexible = columns.findIndex(column => column.isFlexible);
  if (width !== undefined && flexible >= 0) {
    const tooMuch = widths.reduce((sum, w) => sum + w + 2, -2) - width;
    if (tooMuch > 0) widths[flexible] = Math.max(10, widths[flexible]! - tooMuch);
  }
  const line = (cells: readonly string[]) =>
    columns
      .map((column, index) => {
        const cell = shorten(cells[index] ?? '', widths[index]!);
        const padding = ' '.repeat(Math.max(0, widths[index]! - stringWidth(cell)));
        return column.align === 'right' ? padding + cell : cell + padding;
      })
      .join('  ')
      .trimEnd();
  return [line(columns.map(column => column.title)), ...rows.map(line)];
}

/** Takes characters out of the middle until the text fits. */
export function shorten(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  const characters = [...text];
  let head = Math.ceil(characters.length / 2);
  let tail = characters.length - head;
  const shown = () => `${characters.slice(0, head).join('')}…${tail > 0 ? characters.slice(-tail).join('') : ''}`;
  while (head + tail > 0 && stringWidth(shown()) > width) {
    if (tail >= head) tail--;
    else head--;
  }
  return shown();
}
