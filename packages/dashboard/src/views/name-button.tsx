// The name of a row: opens its details and closes them.
import type { ComponentChildren } from 'preact';
import { OpenIcon } from './icons.tsx';

export interface NameButtonProps {
  readonly title: string;
  readonly isOpen: boolean;
  /** Of the opened details. */
  readonly detailsId: string;
  readonly onToggle: () => void;
  readonly children: ComponentChildren;
}

export const NameButton = ({ title, isOpen, detailsId, onToggle, children }: NameButtonProps) => (
  <h3>
    <button
      type="button"
      class="name"
      title={title}
      aria-expanded={isOpen}
      aria-controls={isOpen ? detailsId : undefined}
      onClick={onToggle}
    >
      <OpenIcon />
      {children}
    </button>
  </h3>
);
