// A sheet between the tools and the rows: help, a question, a setting. The keyboard goes into it when it opens, and back to
// where it was when it closes.
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { CancelIcon } from './icons.tsx';

export interface PanelProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

export function Panel({ title, onClose, children }: PanelProps) {
  const sheet = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const { activeElement } = document;
    sheet.current?.focus();
    return () => {
      const isHere = document.activeElement === document.body || sheet.current?.contains(document.activeElement);
      if (isHere && activeElement instanceof HTMLElement && activeElement.isConnected) activeElement.focus();
    };
  }, []);
  return (
    <section class="panel" aria-label={title} tabIndex={-1} ref={sheet}>
      <div class="panel-head">
        <h2>{title}</h2>
        <button type="button" class="quiet" aria-label="Close" onClick={onClose}>
          <CancelIcon />
        </button>
      </div>
      {children}
    </section>
  );
}
