// States of the page worth looking at, each made by the events that lead to it.
import type { RunRecord, TransferAttempt, TransferDetails, TransferError } from '@longhaul/agent-protocol';
import { type DashboardEvent, type DashboardState, initialState, step } from '../../src/dashboard-state.ts';
import { type Place, placeOf } from '../../src/route.ts';
import { runRecord, socketRecord, taskRecord } from '../fixtures/task-records.ts';
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
    spareHostPid: null,
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
const go = (place: Place): DashboardEvent => ({ type: 'view', event: { type: 'went', place } });
const open = (id: string): DashboardEvent => go(placeOf('transfers', id));

const records = [one, unknownSize, retrying, queued, offline, diskFull, paused, failed, completed, canceled];
const busy: DashboardEvent[] = [...connected, { type: 'snapshot', records, at: now }, agent];

const crowd = Array.from({ length: 5_000 }, (_, index) => {
  const { id: _id, ...like } = records[index % records.length]!;
  return record({ ...like, file: `/home/ada/Crowd/file-${index}.bin` });
});

const second = 1_000;
const minute = 60 * second;
const chat = '6e9f4f0a-1d7b-4d1e-9a55-0d3f5a1c2b01';
const door = '6e9f4f0a-1d7b-4d1e-9a55-0d3f5a1c2b02';
const mail = '6e9f4f0a-1d7b-4d1e-9a55-0d3f5a1c2b03';
const gone = '6e9f4f0a-1d7b-4d1e-9a55-0d3f5a1c2b04';
const sockets = [
  socketRecord({
    id: 'room 1',
    taskId: chat,
    since: now - 20 * second,
    wakes: 311,
    lastWakeAt: now - 21 * second,
    transfers: 312,
    keepAliveMs: 240_000,
    keepAliveAt: now + 220 * second,
    contextBytes: 412,
    localAddress: '192.168.1.20:51812',
    remoteAddress: '203.0.113.7:6667',
  }),
  socketRecord({
    id: 'room 2',
    taskId: chat,
    since: now - 300 * minute,
    localAddress: '192.168.1.20:51813',
    remoteAddress: '203.0.113.7:6667',
  }),
  socketRecord({
    id: 'room 10',
    taskId: chat,
    status: 'lent',
    since: now - 2 * second,
    wakes: 12,
    lastWakeAt: now - 2 * second,
    holder: { pid: 48_302, runId: '7b1c0000-0000-4000-8000-000000000009' },
    localAddress: '[2001:db8::20]:51900',
    remoteAddress: '[2001:db8:85a3::8a2e:370:7334]:6697',
  }),
  socketRecord({
    id: 'front door',
    app: 'com.example.intercom',
    kind: 'stream-socket-listener',
    taskId: door,
    since: now - 3_000 * minute,
    remoteAddress: null,
    localAddress: '0.0.0.0:8900',
    wakes: 4,
    lastWakeAt: now - 700 * minute,
    wake: 'wake',
  }),
  socketRecord({
    id: 'announcements',
    app: 'com.example.intercom',
    kind: 'datagram-socket',
    taskId: door,
    since: now - 41 * minute,
    remoteAddress: null,
    localAddress: '224.0.0.251:5353',
    wakes: 1,
    lastWakeAt: now - 41 * minute,
  }),
  socketRecord({
    id: 'inbox',
    app: 'com.example.mail',
    taskId: mail,
    status: 'orphaned',
    since: now - 4 * minute,
    wakes: 9,
    lastWakeAt: now - 5 * minute,
    localAddress: '192.168.1.20:51999',
    remoteAddress: '198.51.100.25:993',
    why: 'run 7b1c0000-0000-4000-8000-000000000018 ended without handing it back',
  }),
  socketRecord({
    id: 'room 7',
    taskId: chat,
    since: now - 8 * second,
    restsUntil: now + 7 * second,
    wakes: 12,
    lastWakeAt: now - 9 * second,
    localAddress: '192.168.1.20:51007',
    remoteAddress: '203.0.113.7:6667',
    why: 'its task has failed 3 times in a row',
  }),
  socketRecord({
    id: 'lobby',
    taskId: chat,
    status: 'closed',
    since: now - 64 * minute,
    wakes: 40,
    lastWakeAt: now - 64 * minute,
    localAddress: '192.168.1.20:51000',
    remoteAddress: '203.0.113.7:6667',
    why: 'the peer ended the connection',
  }),
];
let runs = 0;
const run = (given: Partial<RunRecord>, agoMs: number, tookMs: number | null = 14): RunRecord => {
  runs += 1;
  return runRecord({
    id: `7b1c0000-0000-4000-8000-${String(runs).padStart(12, '0')}`,
    queuedAt: now - agoMs,
    startedAt: now - agoMs,
    endedAt: tookMs === null ? null : now - agoMs + tookMs,
    pid: 48_302,
    ...given,
  });
};
const because = (reason: RunRecord['trigger']['reason'], socketId: string) => ({
  trigger: { type: 'socket-activity' as const, reason, socketId },
});
const knownRuns = [
  run({ taskId: chat, status: 'running', ...because('socket-activity', 'room 10'), progress: 40 }, 2 * second, null),
  ...Array.from({ length: 14 }, (_, index) =>
    run(
      { taskId: chat, ...because(index % 5 === 4 ? 'keep-alive-timer-expired' : 'socket-activity', 'room 1') },
      (21 + index * 37) * second,
      9 + index,
    ),
  ),
  run(
    {
      taskId: chat,
      status: 'canceled',
      cancellationReason: 'execution-time-exceeded',
      ...because('socket-activity', 'room 1'),
    },
    12 * minute,
    30_200,
  ),
  run({ taskId: chat, ...because('socket-closed', 'lobby') }, 64 * minute, 120),
  run(
    { taskId: mail, app: 'com.example.mail', name: 'fetch the mail', ...because('socket-activity', 'inbox') },
    4 * minute + 800,
    800,
  ),
  run(
    {
      taskId: mail,
      app: 'com.example.mail',
      name: 'fetch the mail',
      status: 'failed',
      ...because('socket-activity', 'inbox'),
      error: {
        code: 'task-failed',
        message:
          "TypeError: Cannot read properties of undefined (reading 'subject')\n    at parse (background.js:31:17)",
      },
    },
    9 * minute,
  ),
  run(
    {
      taskId: door,
      app: 'com.example.intercom',
      name: 'answer the door',
      status: 'failed',
      attempt: 3,
      ...because('connection-accepted', 'front door'),
      cancellationReason: 'execution-time-exceeded',
      error: {
        code: 'task-late',
        message:
          'it took longer than 30 s and did not end within 5 s of being told to (execution-time-exceeded), so that its process was killed',
      },
    },
    700 * minute,
    35_000,
  ),
  run(
    {
      taskId: door,
      app: 'com.example.intercom',
      name: 'answer the door',
      ...because('connection-accepted', 'front door'),
    },
    900 * minute,
    310,
  ),
  run({ taskId: gone, name: 'an earlier reader', ...because('socket-activity', 'room 1') }, 2_000 * minute),
];
const [, , , , , , , , , , , , , , , , , , failedMail, failedDoor] = knownRuns;
const tasks = [
  taskRecord({
    taskId: chat,
    registeredAt: now - 9_000 * minute,
    lastRunAt: now - 2 * second,
    completedRuns: 4_127,
    failedRuns: 3,
  }),
  taskRecord({
    taskId: door,
    app: 'com.example.intercom',
    name: 'answer the door',
    entryPoint: '/opt/intercom/lib/background/answer.js#answer',
    registeredAt: now - 9_000 * minute,
    lastRunAt: now - 700 * minute,
    completedRuns: 3,
    failedRuns: 1,
  }),
  taskRecord({
    taskId: mail,
    app: 'com.example.mail',
    name: 'fetch the mail',
    entryPoint: './background.js#fetchMail',
    registeredAt: now - 900 * minute,
    lastRunAt: now - 4 * minute,
    completedRuns: 8,
    failedRuns: 1,
  }),
  taskRecord({
    taskId: '6e9f4f0a-1d7b-4d1e-9a55-0d3f5a1c2b05',
    app: 'com.example.mail',
    name: 'tidy up',
    entryPoint: './background.js#tidy',
    registeredAt: now - 900 * minute,
  }),
];
const others: DashboardEvent[] = [
  { type: 'sockets-snapshot', records: sockets, changes: [] },
  { type: 'tasks-snapshot', records: tasks, runs: knownRuns, changes: [] },
];
const socketCrowd: DashboardEvent = {
  type: 'sockets-snapshot',
  records: Array.from({ length: 15_000 }, (_, index) =>
    socketRecord({ id: `room ${index}`, taskId: chat, since: now - index * second }),
  ),
  changes: [],
};

export const galleryStates = {
  sockets: after(...busy, ...others, go(placeOf('sockets'))),
  'socket-open': after(...busy, ...others, go(placeOf('sockets', 'com.example.chat/room 1'))),
  'socket-orphaned': after(...busy, ...others, go(placeOf('sockets', 'com.example.mail/inbox'))),
  'no-sockets': after(...busy, { type: 'sockets-snapshot', records: [], changes: [] }, go(placeOf('sockets'))),
  'socket-refused': after(...busy, ...others, go(placeOf('sockets')), {
    type: 'action-failed',
    id: 'com.example.chat/lobby',
    action: 'remove-socket',
    problem: {
      message: 'The connection broke before the agent answered.',
      fix: 'Look at its status once the page is live again.',
    },
  }),
  tasks: after(...busy, ...others, go(placeOf('tasks'))),
  'task-open': after(...busy, ...others, go(placeOf('tasks', chat))),
  'run-failed': after(...busy, ...others, go(placeOf('tasks', mail, failedMail!.id)), {
    type: 'run-heard',
    known: {
      at: now,
      details: {
        ...failedMail!,
        log: "reading 3 messages\nmessage 1: 2104 bytes\nmessage 2: 0 bytes\nTypeError: Cannot read properties of undefined (reading 'subject')\n    at parse (file:///opt/mail/background.js:31:17)\n    at fetchMail (file:///opt/mail/background.js:12:5)\n",
      },
    },
  }),
  'run-killed': after(...busy, ...others, go(placeOf('tasks', door, failedDoor!.id)), {
    type: 'run-heard',
    known: { at: now, details: { ...failedDoor!, log: '' } },
  }),
  'no-tasks': after(...busy, { type: 'tasks-snapshot', records: [], runs: [], changes: [] }, go(placeOf('tasks'))),
  'socket-crowd': after(...busy, ...others, socketCrowd, go(placeOf('sockets'))),
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
