// Which page is shown and what is open on it, as a part of the address: `#/transfer/ID`, `#/sockets`, `#/socket/APP/ID`,
// `#/tasks`, `#/task/ID`, `#/task/ID/run/ID`. None of these is a secret, so they may be kept and sent on. Pure.

/** In the order of the page. */
export const pages = ['transfers', 'sockets', 'tasks'] as const;
export type Page = (typeof pages)[number];

export interface Place {
  readonly page: Page;
  /** What is open there: a transfer's or task's id, or an app and a socket's id as `app/id`. */
  readonly openId: string | null;
  /** Of an open task: the run that is open. */
  readonly runId: string | null;
}

export const placeOf = (page: Page, openId: string | null = null, runId: string | null = null): Place => ({
  page,
  openId,
  runId,
});

export const isSamePlace = (a: Place, b: Place): boolean =>
  a.page === b.page && a.openId === b.openId && a.runId === b.runId;

const uuid = '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}';
const transfer = new RegExp(`^#/transfer/(${uuid})$`, 'i');
const task = new RegExp(`^#/task/(${uuid})(?:/run/(${uuid}))?$`, 'i');
const socket = /^#\/socket\/([A-Za-z0-9][A-Za-z0-9._-]{0,127})\/([^/]+)$/;

/** The list of transfers for anything that names no place. */
export function placeIn(fragment: string): Place {
  if (fragment === '#/sockets') return placeOf('sockets');
  if (fragment === '#/tasks') return placeOf('tasks');
  const [, transferId] = transfer.exec(fragment) ?? [];
  if (transferId !== undefined) return placeOf('transfers', transferId.toLowerCase());
  const [, taskId, runId] = task.exec(fragment) ?? [];
  if (taskId !== undefined) return placeOf('tasks', taskId.toLowerCase(), runId?.toLowerCase() ?? null);
  const [, app, id] = socket.exec(fragment) ?? [];
  const decoded = id === undefined ? undefined : decodedOf(id);
  return decoded === undefined ? placeOf('transfers') : placeOf('sockets', `${app}/${decoded}`);
}

function decodedOf(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The fragment of the address; the empty string for the plain list of transfers. */
export function fragmentOf({ page, openId, runId }: Place): string {
  if (page === 'transfers') return openId === null ? '' : `#/transfer/${openId}`;
  if (openId === null) return `#/${page}`;
  if (page === 'tasks') return `#/task/${openId}${runId === null ? '' : `/run/${runId}`}`;
  const slash = openId.indexOf('/');
  return `#/socket/${openId.slice(0, slash)}/${encodeURIComponent(openId.slice(slash + 1).toWellFormed())}`;
}
