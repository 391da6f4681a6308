// The same socket in several vaults: its hand-over was on its way into one that hung, and was said again to another. One copy is
// the socket's from then on. Pure.
import type { Holding } from '../keeper/vault-wire.ts';

interface Holds {
  readonly holdings: Iterable<Holding> & { has(id: string): boolean };
}

/** What goes, and from where. */
export type Doubles<Link> = readonly (readonly [link: Link, id: string])[];

/** When an agent begins: the copy stays that somebody has, else the one that was handed out most often, for the row knows its lease. */
export function doublesIn<Link extends { readonly holdings: Iterable<Holding> }>(links: Iterable<Link>): Doubles<Link> {
  const kept = new Map<string, { readonly link: Link; readonly rank: number }>();
  const doubles: [Link, string][] = [];
  for (const link of links) {
    for (const { id, isLent, lease } of link.holdings) {
      const rank = lease + (isLent ? 2 ** 32 : 0);
      const other = kept.get(id);
      if (other === undefined || rank > other.rank) kept.set(id, { link, rank });
      if (other !== undefined) doubles.push([rank > other.rank ? other.link : link, id]);
    }
  }
  return doubles;
}

/** When a vault answers that was silent: what others hold has been in use meanwhile. */
export function doublesOf<Link extends Holds>(link: Link, links: Iterable<Link>): Doubles<Link> {
  const others = [...links].filter(other => other !== link);
  const doubles: [Link, string][] = [];
  for (const { id } of link.holdings) if (others.some(({ holdings }) => holdings.has(id))) doubles.push([link, id]);
  return doubles;
}
