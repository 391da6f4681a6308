// States of the page worth looking at, each made by the events that lead to it.
import type { TransferAttempt, TransferDetails, TransferError } from '@longhaul/agent-protocol';
import { type DashboardEvent, type DashboardState, initialState, step } from '../../src/dashboard-state.ts';
import { GiB, MiB, fixtureNow as now, transferRecord as record } from '../fixtures/transfer-records.ts';

const after = (...events: DashboardEvent[]): DashboardState => events.reduce(step, initialState);
const connected: DashboardEvent[] = [
  { type: 'link', event: { type: 'login-accepted' } },
  { type: 'link', event: { type: 'connected' } },
];
const agent: DashboardEvent = {
  type: 'agent-described',
  agent: {
    running: true,
    pid: 48_211,
    keeperPid: 48_204,
    version: '0.1.0',
    socket: '/run/user/1000/longhaul/agent.sock',
    dashboardUrl: 'http://127.0.0.1:40123/',
    startedAt: now - 8_000_000,
  },
};

const one = record();
const unknownSize = record({
  url: 'https://api.example.org/export?token=secret',
  file: '/home/ada/Documents/export-of-everything.ndjson.gz',
  bytesReceived: 38.2 * MiB,
  totalBytesToReceive: 0,
  bytesPerSecond: 2.1 * MiB,
  isResumable: false,
  app: 'com.example.backup',
});
const retrying = record({
  url: 'http://127.0.0.1:8080/dataset/train-00041-of-00128-a-very-long-name-that-does-not-fit-anywhere.parquet',
  file: '/srv/data/sets/common/train-00041-of-00128-a-very-long-name-that-does-not-fit-anywhere.parquet',
  bytesReceived: 7.9 * GiB,
  totalBytesToReceive: 9.5 * GiB,
  bytesPerSecond: 0,
  failedAttempts: 2,
  retryAt: now + 12_000,
  error: {
    code: 'web-error',
    message: 'the server cut the connection after 7.9 GiB',
    webErrorStatus: 'connection-reset',
  },
});
const queued = record({
  reason: 'It waits for a free slot.',
  status: 'idle',
  file: '/home/ada/Videos/next.mp4',
  bytesReceived: 0,
  totalBytesToReceive: 0,
  statusCode: null,
});
const offline = record({
  reason: 'There is no network; it goes on by itself when there is one.',
  status: 'paused-no-network',
  url: 'https://releases.example.net/os/image-26.10-amd64.iso',
  file: '/home/ada/Downloads/image-26.10-amd64.iso',
  bytesReceived: 2.2 * GiB,
  totalBytesToReceive: 4.1 * GiB,
});
const paused = record({
  reason: 'It was paused on request and waits for a resume.',
  status: 'paused-by-application',
  url: 'https://music.example.com/album/side-a.flac',
  file: '/home/ada/Music/side-a.flac',
  bytesReceived: 180 * MiB,
  totalBytesToReceive: 412 * MiB,
});
const diskFull = record({
  status: 'paused-system-policy',
  url: 'https://maps.example.com/planet.osm.pbf',
  file: '/mnt/data/planet.osm.pbf',
  bytesReceived: 61.4 * GiB,
  totalBytesToReceive: 84.9 * GiB,
  reason: 'no space is left in /mnt/data',
  error: { code: 'disk-full', message: 'no space is left in /mnt/data', webErrorStatus: null },
});
const failed = record({
  status: 'error',
  url: 'https://example.com/reports/2026/q3.pdf',
  file: '/home/ada/Documents/q3.pdf',
  bytesReceived: 0,
  totalBytesToReceive: 0,
  statusCode: 404,
  error: { code: 'web-error', message: 'the server answered 404 Not Found', webErrorStatus: 'http-404' },
  finishedAt: now - 190_000,
});
const completed = record({
  status: 'completed',
  url: 'https://cdn.example.com/games/world.pak',
  file: '/home/ada/Games/world.pak',
  bytesReceived: 3.4 * GiB,
  totalBytesToReceive: 3.4 * GiB,
  finishedAt: now - 42_000,
  startedAt: now - 500_000,
  isLengthVerified: true,
  checksum: {
    algorithm: 'sha-256',
    expected: '9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab',
    source: 'origin',
    isVerified: true,
  },
});
const canceled = record({
  status: 'canceled',
  file: '/home/ada/Videos/wrong-film.mp4',
  bytesReceived: 20 * MiB,
  finishedAt: now - 4_000_000,
});

const segmented = record({
  url: 'https://mirror.example.net/pub/distributions/image-26.10-desktop-amd64.iso?signature=secret',
  actualUrl: 'https://eu-3.mirror.example.net/pub/distributions/image-26.10-desktop-amd64.iso',
  file: '/home/ada/Downloads/image-26.10-desktop-amd64.iso',
  bytesReceived: 2.3 * GiB,
  totalBytesToReceive: 5.8 * GiB,
  bytesPerSecond: 46.2 * MiB,
  maxBytesPerSecond: 50 * MiB,
  connections: 4,
  statusCode: 206,
  checksum: {
    algorithm: 'sha-256',
    expected: '3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea',
    source: 'request',
    isVerified: false,
  },
});
const range = (from: number, to: number) => ({ offset: from * GiB, length: (to - from) * GiB });
const error = (message: string, webErrorStatus: TransferError['webErrorStatus']) => ({
  code: 'web-error',
  message,
  webErrorStatus,
});
const attempts: TransferAttempt[] = [
  { at: now - 95_000, error: error('the server answered 503 Service Unavailable', 'http-503') },
  { at: now - 80_000, error: error('the server answered 503 Service Unavailable', 'http-503') },
  { at: now - 41_000, error: error('the server cut the connection after 1.1 GiB', 'connection-reset') },
];
/** A start, a break, and a limit that is met. */
const rateHistory = Array.from({ length: 60 }, (_, second) => {
  if (second >= 18 && second < 22) return 0;
  const wave = Math.sin(second * 1.7) * 2.4 + Math.sin(second * 0.6) * 3;
  return Math.max(0, Math.min(second < 18 ? second * 6 : (second - 21) * 14, 46) + wave) * MiB;
});
const detailsOf = (id: string, details: Partial<TransferDetails>): DashboardEvent => ({
  type: 'details-heard',
  known: { details: { id, ranges: [], attempts: [], rateHistory: [], ...details }, revision: 1, at: now },
});
const open = (id: string): DashboardEvent => ({ type: 'view', event: { type: 'opened', id } });

const records = [one, unknownSize, retrying, queued, offline, diskFull, paused, failed, completed, canceled];
const busy: DashboardEvent[] = [...connected, { type: 'snapshot', records, at: now }, agent];

const crowd = Array.from({ length: 5_000 }, (_, index) => {
  const { id: _id, ...like } = records[index % records.length]!;
  return record({ ...like, file: `/home/ada/Crowd/file-${index}.bin` });
});

export const galleryStates = {
  busy: after(...busy),
  quiet: after(...connected, { type: 'snapshot', records: [one, completed], at: now }, agent),
  open: after(
    ...connected,
    { type: 'snapshot', records: [segmented, one, failed, completed], at: now },
    agent,
    detailsOf(segmented.id, {
      ranges: [range(0, 1.1), range(1.45, 1.9), range(2.9, 3.3), range(4.35, 4.7)],
      attempts,
      rateHistory,
    }),
    open(segmented.id),
  ),
  'open-plain': after(
    ...busy,
    detailsOf(one.id, { ranges: [{ offset: 0, length: 400 * MiB }], rateHistory: rateHistory.slice(0, 17) }),
    open(one.id),
  ),
  'open-failed': after(...busy, detailsOf(failed.id, { attempts: attempts.slice(0, 2) }), open(failed.id)),
  'open-unknown': after(
    ...busy,
    detailsOf(unknownSize.id, { ranges: [{ offset: 0, length: 38.2 * MiB }] }),
    open(unknownSize.id),
  ),
  'open-completed': after(
    ...busy,
    detailsOf(completed.id, { ranges: [{ offset: 0, length: 3.4 * GiB }] }),
    open(completed.id),
  ),
  found: after(...busy, { type: 'view', event: { type: 'filtered', query: 'film' } }),
  help: after(...busy, { type: 'view', event: { type: 'panel-asked', panel: 'help' } }),
  limits: after(
    ...busy,
    { type: 'limits-heard', limits: { maxBytesPerSecond: 2 * MiB, maxActive: 16 } },
    { type: 'view', event: { type: 'panel-asked', panel: 'limits' } },
  ),
  'cancel-all': after(...busy, { type: 'view', event: { type: 'panel-asked', panel: 'cancel-all' } }),
  empty: after(...connected, { type: 'snapshot', records: [], at: now }, agent),
  asked: after(...busy, { type: 'action-asked', id: one.id, action: 'pause' }),
  refused: after(...busy, {
    type: 'action-failed',
    id: paused.id,
    action: 'resume',
    problem: {
      message: 'It is being finished right now.',
      fix: 'Look at its status with "longhaul show ID" first.',
    },
  }),
  reconnecting: after(...busy, {
    type: 'link',
    event: { type: 'connection-lost', at: now - 12_000, nextAttemptAt: now + 3_000 },
  }),
  ended: after(
    ...busy,
    { type: 'link', event: { type: 'connection-lost', at: now - 130_000, nextAttemptAt: now - 120_000 } },
    { type: 'link', event: { type: 'attempt-started' } },
    { type: 'link', event: { type: 'session-refused', at: now - 110_000 } },
  ),
  'no-code': after({ type: 'link', event: { type: 'code-missing', at: now } }),
  'link-refused': after({ type: 'link', event: { type: 'login-failed', why: 'link-refused', at: now } }),
  'agent-unreachable': after({ type: 'link', event: { type: 'login-failed', why: 'agent-unreachable', at: now } }),
  crowd: after(...connected, { type: 'snapshot', records: crowd, at: now }, agent),
  connecting: after({ type: 'link', event: { type: 'login-accepted' } }),
} as const;
