// Which transfers the words in the filter box leave. Pure.
import type { TransferRecord } from '@longhaul/agent-protocol';
import { groupOf } from './transfer-groups.ts';

/**
 * What the filter looks through: path, address, status, app and id, in lower case. Not the query of the address: it may
 * carry a token, and nobody can see it on the page.
 */
export function searchTextOf(record: TransferRecord): string {
  const bare = (url: string | null): string => (url === null ? '' : url.replace(/[?#].*$/s, ''));
  const { file, url, actualUrl, status, app, id } = record;
  return [file, bare(url), bare(actualUrl), status, groupOf(status), app, id].join('\n').toLowerCase();
}

/** True where two versions of a record give the same text. */
export const isFoundAlike = (a: TransferRecord, b: TransferRecord): boolean =>
  a.file === b.file && a.url === b.url && a.actualUrl === b.actualUrl && a.status === b.status;

/** The words of a query: in any order, all must be found. */
export const queryWords = (query: string): readonly string[] => query.toLowerCase().split(/\s+/).filter(Boolean);

export const isFound = (searchText: string, words: readonly string[]): boolean =>
  words.every(word => searchText.includes(word));
