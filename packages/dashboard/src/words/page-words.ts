// The words about the page as a whole: its title, its summary, and what a screen reader is told. Pure.
import type { TransferRecord } from '@longhaul/agent-protocol';
import type { DashboardState } from '../dashboard-state.ts';
import type { Link, NeedsLinkReason } from '../link/link-states.ts';
import type { Page } from '../route.ts';
import { socketGroups } from '../sockets/socket-rows.ts';
import { taskGroups } from '../tasks/task-rows.ts';
import { type GroupCounts, transferGroups } from '../transfers/transfer-groups.ts';
import { agoInWords, untilInWords } from './durations.ts';
import { fileInWords, plain } from './place-words.ts';
import { socketCountWords } from './socket-words.ts';
import { taskCountWords } from './task-words.ts';

export const pageWords: { readonly [P in Page]: string } = {
  transfers: 'Transfers',
  sockets: 'Sockets',
  tasks: 'Tasks',
};

/** The command that gives a new link. */
export const linkCommand = 'longhaul dashboard';
/** The command that starts a download. */
export const downloadCommand = 'longhaul download https://example.com/film.mp4';

/** `2 running · 1 failed`; the empty string when there is nothing. */
export function countsInWords(counts: GroupCounts): string {
  return joined(transferGroups.map(group => [counts[group], group]));
}

const joined = (counts: readonly (readonly [count: number, words: string])[]): string =>
  counts
    .filter(([count]) => count > 0)
    .map(([count, words]) => `${count} ${words}`)
    .join(' · ');

/** Of the list that is seen: `12 parked · 1 orphaned`; the empty string when there is nothing, or nothing is known. */
export function summaryOf({ view, transfers, arrangement, socketRows, taskRows }: DashboardState): string {
  if (transfers === null) return '';
  if (view.page === 'sockets') {
    return joined(socketGroups.map(group => [socketRows.counts[group], socketCountWords[group]]));
  }
  if (view.page === 'tasks') return joined(taskGroups.map(group => [taskRows.counts[group], taskCountWords[group]]));
  return countsInWords(arrangement.counts);
}

/** `1 transfer`, `12 transfers`. */
export const countInWords = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

export function titleOf(state: DashboardState): string {
  const counts = summaryOf(state);
  const isCutOff = state.link.name === 'reconnecting' || state.link.name === 'needs-link';
  return [isCutOff ? 'Disconnected' : counts, 'Longhaul'].filter(part => part !== '').join(' – ');
}

export const linkWords: { readonly [N in Link['name']]: string } = {
  'signing-in': 'Signing in',
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  'needs-link': 'Disconnected',
};

export interface Notice {
  readonly title: string;
  readonly text: string;
  /** A command that helps, to be copied. */
  readonly command: string | null;
}

const needsLinkNotices: { readonly [W in NeedsLinkReason]: Omit<Notice, 'command'> } = {
  'no-code': {
    title: 'This page opens with a link',
    text: 'Each link works once, so a reload or a bookmark is not enough. Ask for a new one in a terminal:',
  },
  'link-refused': {
    title: 'This link is no longer good',
    text: 'A link works once and for a minute only. Ask for a new one in a terminal:',
  },
  'agent-unreachable': {
    title: 'The agent does not answer',
    text: 'It may have been stopped. This starts it when needed and gives a new link:',
  },
  'session-ended': {
    title: 'Disconnected',
    text: 'The agent no longer knows this page, most likely because it was started anew. Your transfers go on. For a new link, run this in a terminal:',
  },
};

/** What to say about the link; `null` while all is well. */
export function noticeOf(link: Link, now: number): Notice | null {
  if (link.name === 'needs-link') return { ...needsLinkNotices[link.why], command: linkCommand };
  if (link.name !== 'reconnecting') return null;
  const next =
    link.nextAttemptAt === null ? 'Trying now.' : `Trying again in ${untilInWords(link.nextAttemptAt, now)}.`;
  const isLong = now - link.since >= longLossMs;
  return {
    title: 'Connection lost',
    text: `Transfers do not depend on this page. ${next}${isLong ? ' If the agent was stopped, this starts it and gives a new link:' : ''}`,
    command: isLong ? linkCommand : null,
  };
}

/** A restart of the agent takes less; after this the reader may have to do something. */
const longLossMs = 10_000;

/** How old the picture is; `null` while it is fresh. */
export function ageOfPicture(link: Link, now: number): string | null {
  if (link.name !== 'reconnecting' && link.name !== 'needs-link') return null;
  return `Last known state, ${agoInWords(link.since, now)}`;
}

/** What to tell somebody who does not see the page: changes of status, never progress. */
export function announcementsOf(before: DashboardState, after: DashboardState): string[] {
  const said: string[] = [];
  if (before.link.name !== after.link.name) {
    if (after.link.name === 'live') said.push('Connected to the agent.');
    if (after.link.name === 'reconnecting') said.push('Connection to the agent lost. Trying again.');
    if (after.link.name === 'needs-link') said.push(`Disconnected. Run ${linkCommand} for a new link.`);
  }
  const news = [...newsOfTransfers(before, after), ...newsOfSockets(before, after), ...newsOfRuns(before, after)];
  // Nobody listens to a hundred sentences.
  if (news.length > mostSaid) return [...said, `${news.length} rows have changed.`];
  return [...said, ...news.map(say => say())];
}

type News = readonly (() => string)[];

/** The first picture is no news. */
function newsOfTransfers(before: DashboardState, after: DashboardState): News {
  if (before.transfers === null || after.transfers === null || before.transfers === after.transfers) return [];
  const news: (() => string)[] = [];
  const nameOf = (record: TransferRecord) => fileInWords(record.file).name;
  for (const [id, { record }] of after.transfers) {
    const previous = before.transfers.get(id)?.record;
    if (previous === record) continue;
    if (previous === undefined) news.push(() => `${nameOf(record)} was added.`);
    else if (previous.status !== record.status) news.push(() => `${nameOf(record)}: ${spoken[record.status]}.`);
  }
  for (const [id, { record }] of before.transfers) {
    if (!after.transfers.has(id)) news.push(() => `${nameOf(record)} was removed from the list.`);
  }
  return news;
}

/** Wakes come and go; only what somebody should look at is told. */
function newsOfSockets({ sockets: before }: DashboardState, { sockets: after }: DashboardState): News {
  if (before === null || after === null || before === after) return [];
  const news: (() => string)[] = [];
  for (const [key, { record }] of after) {
    if (record.status !== 'orphaned' || before.get(key)?.record.status === 'orphaned') continue;
    news.push(() => `The socket ${plain(record.id)} was orphaned.`);
  }
  return news;
}

function newsOfRuns({ tasks: before }: DashboardState, { tasks: after }: DashboardState): News {
  if (before === null || after === null || before === after) return [];
  const news: (() => string)[] = [];
  for (const [id, run] of after.runs) {
    if (run.status !== 'failed' || before.runs.get(id)?.status === 'failed') continue;
    news.push(() => `A run of ${plain(run.name)} has failed.`);
  }
  return news;
}

const mostSaid = 5;

const spoken = {
  idle: 'waiting',
  running: 'running',
  'paused-by-application': 'paused',
  'paused-costed-network': 'waiting for a cheaper network',
  'paused-no-network': 'waiting for a network',
  'paused-system-policy': 'held back by the system',
  'paused-recoverable-web-error': 'paused after an error of the server',
  completed: 'completed',
  canceled: 'canceled',
  error: 'failed',
} as const;
