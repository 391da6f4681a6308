// What the filter box finds a transfer by. Pure.
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
