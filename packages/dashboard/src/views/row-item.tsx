// What a row is in every list: an item that says its place and is made again only when it changed, and a name that opens it.
import { Component, type ComponentChildren } from 'preact';
import { NameButton } from './name-button.tsx';
import type { RowPlace } from './rows.tsx';
import type { ViewCommands } from './view-commands.ts';

/** Thousands of rows at ten changes a second: only those are rendered whose properties are others. */
export abstract class RowView<Props extends object> extends Component<Props> {
  override shouldComponentUpdate(next: Props): boolean {
    const now = this.props as Props;
    return (Object.keys(next) as (keyof Props)[]).some(key => next[key] !== now[key]);
  }
}

interface RowItemProps extends RowPlace {
  readonly kind: 'transfer' | 'socket' | 'task';
  readonly id: string;
  readonly status: string;
  readonly commands: ViewCommands;
  readonly children: ComponentChildren;
}

export function RowItem({ kind, id, status, group, place, places, commands, children }: RowItemProps) {
  return (
    <li
      class={`row ${kind}`}
      data-id={id}
      data-status={status}
      data-group={group}
      data-first={place === 1}
      aria-posinset={place}
      aria-setsize={places}
      onFocusIn={() => commands.view({ type: 'focused', id })}
    >
      {children}
    </li>
  );
}

interface RowNameProps {
  readonly id: string;
  readonly title: string;
  readonly isOpen: boolean;
  readonly commands: ViewCommands;
  readonly children: ComponentChildren;
}

/** What it opens has the id `detailsIdOf(id)`. */
export function RowName({ id, title, isOpen, commands, children }: RowNameProps) {
  const toggle = () => commands.open(isOpen ? null : id);
  return (
    <NameButton title={title} isOpen={isOpen} detailsId={detailsIdOf(id)} onToggle={toggle}>
      {children}
    </NameButton>
  );
}

export const detailsIdOf = (id: string): string => `details-${id}`;
