// PURE. Parked sockets as people read them: a table of many, all facts of one. Ids are chosen by apps and addresses may be
// paths: both are made safe.
import type { SocketRecord, TaskRecord } from '@longhaul/agent-protocol';
import { words } from '../words.ts';
import { agoText, type Facts, momentText } from './record-text.ts';
import { safeText } from './safe-text.ts';
import { type Column, formatTable } from './table.ts';
import { formatBytes, formatDuration } from './units.ts';

const columns: readonly Column[] = [
  { title: 'ID' },
  { title: 'APP' },
  { title: 'KIND' },
  { title: 'STATUS' },
  { title: 'SINCE', align: 'right' },
  { title: 'LAST WAKE', align: 'right' },
  { title: 'PEER', isFlexible: true },
];

const { kinds, statuses, dueTo } = words.sockets;

/** One line for each, and one more under those that say why they are over. `now` in milliseconds since the epoch. */
export function socketsText(sockets: readonly SocketRecord[], now: number, width?: number): string[] {
  const [head, ...lines] = formatTable(
    columns,
    sockets.map(socket => [
      safeText(socket.id),
      socket.app,
      kinds[socket.kind],
      socketStatusText(socket),
      formatDuration(now - socket.since),
      socket.lastWakeAt === null ? words.sockets.neverWoken : agoText(socket.lastWakeAt, now),
      peerText(socket),
    ]),
    width,
  );
  return [
    head!,
    ...lines.flatMap((line, index) => {
      const socket = sockets[index]!;
      const { why } = socket;
      if (why === null) return [line];
      const next = nextTryText(socket, now);
      return [line, `    ${safeText(why)}${next === undefined ? '' : `, ${next}`}`];
    }),
  ];
}

/** Who has it: a task and an app are told apart, and so is one that nobody is woken for. */
export function socketStatusText({ status, holder, restsUntil }: SocketRecord): string {
  if (restsUntil !== null) return words.sockets.paused;
  return status === 'lent' && holder?.runId === null ? words.sockets.lentToApp : statuses[status];
}

const nextTryText = ({ restsUntil }: SocketRecord, now: number): string | undefined =>
  restsUntil === null ? undefined : words.sockets.nextTry(formatDuration(Math.max(0, restsUntil - now)));

/** Where the other end is; of a listener, where it listens. */
function peerText({ kind, localAddress, remoteAddress }: SocketRecord): string {
  if (remoteAddress !== null) return safeText(remoteAddress);
  if (localAddress === null) return '';
  return kind === 'stream-socket' ? safeText(localAddress) : words.sockets.at(safeText(localAddress));
}

/** Every fact of one socket; `task` is the one it starts, where it is still registered. */
export function socketFacts(socket: SocketRecord, task: TaskRecord | undefined, now: number): Facts {
  const { holder } = socket;
  return [
    ['Id', socket.id],
    ['App', socket.app],
    ['Kind', kinds[socket.kind]],
    ['Status', socketStatusText(socket)],
    ['Why', socket.why ?? undefined],
    ['What to do', socket.why !== null && socket.status === 'parked' ? words.sockets.failing : dueTo[socket.status]],
    ['Next', nextTryText(socket, now)],
    ['Since', momentText(socket.since, now)],
    ['Held by', holder === null ? undefined : words.sockets.holder(holder.pid, holder.runId)],
    ['Task', task === undefined ? words.sockets.noTask(socket.taskId) : `${task.name} (${task.taskId})`],
    ['Last wake', socket.lastWakeAt === null ? words.sockets.neverWoken : momentText(socket.lastWakeAt, now)],
    ['Wakes', String(socket.wakes)],
    ['Handed over', words.sockets.times(socket.transfers)],
    ['Local address', socket.localAddress ?? undefined],
    ['Peer', socket.remoteAddress ?? undefined],
    ['Keep-alive', keepAliveText(socket, now)],
    ['Context', socket.contextBytes > 0 ? formatBytes(socket.contextBytes) : undefined],
    ['In standby', words.sockets.standby[socket.wake]],
  ];
}

function keepAliveText({ keepAliveMs, keepAliveAt }: SocketRecord, now: number): string | undefined {
  if (keepAliveMs === null) return undefined;
  const every = words.sockets.keepAlive(formatDuration(keepAliveMs));
  return keepAliveAt === null ? every : `${every}, next in ${formatDuration(keepAliveAt - now)}`;
}
