// A sheet between the tools and the rows: help, a question, a setting.
import type { ComponentChildren } from 'preact';
import { CancelIcon } from './icons.tsx';

export interface PanelProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

export const Panel = ({ title, onClose, children }: PanelProps) => (
  <section class="panel" aria-label={title}>
    <div class="panel-head">
      <h2>{title}</h2>
      <button type="button" class="quiet" aria-label="Close" onClick={onClose}>
        <CancelIcon />
      </button>
    </div>
    {children}
  </section>
);
