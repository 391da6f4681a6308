// Ids of parked sockets, sorted by where they are, each looked up once: there are thousands when an agent starts.
import type { VaultLink } from './vault-link.ts';

export interface SortedIds {
  /** Slots of what nobody has. */
  readonly atHome: ReadonlyMap<VaultLink, readonly number[]>;
  /** Somebody has them. */
  readonly lent: readonly string[];
  /** No vault holds them, as far as is known. */
  readonly gone: readonly string[];
}

export function sortIds(ids: readonly string[], linkWith: (id: string) => VaultLink | undefined): SortedIds {
  const atHome = new Map<VaultLink, number[]>();
  const lent: string[] = [];
  const gone: string[] = [];
  for (const id of ids) {
    const link = linkWith(id);
    const slot = link?.holdings.slotOf(id) ?? 0;
    if (link === undefined) gone.push(id);
    else if (!link.holdings.isAtHome(slot)) lent.push(id);
    else {
      const slots = atHome.get(link);
      if (slots === undefined) atHome.set(link, [slot]);
      else slots.push(slot);
    }
  }
  return { atHome, lent, gone };
}
