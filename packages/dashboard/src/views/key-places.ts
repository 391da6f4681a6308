// Where on the page a key was pressed.
import type { KeyPress } from '../keyboard.ts';

export const filterField = (): HTMLInputElement | null =>
  document.querySelector<HTMLInputElement>('input[data-key="filter"]');

export function pressOf(event: KeyboardEvent): KeyPress {
  return {
    key: event.key,
    isCombined: event.ctrlKey || event.altKey || event.metaKey,
    where: whereOf(event.target),
  };
}

function whereOf(target: EventTarget | null): KeyPress['where'] {
  if (target === filterField()) return 'filter';
  if (target instanceof HTMLSelectElement) return 'choice';
  if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) return 'text';
  return 'elsewhere';
}
