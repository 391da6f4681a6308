// What the row of a socket shows, and its opened details, worked out from its record. Pure.
import type { RunRecord, SocketRecord, TaskRecord } from '@longhaul/agent-protocol';
import { code, type Fact, said } from '../rows/fact.ts';
import { bytesInWords } from '../words/amounts.ts';
import { agoInWords, spanInWords, untilInWords } from '../words/durations.ts';
import { momentInWords } from '../words/moments.ts';
import { countInWords } from '../words/page-words.ts';
import { plain } from '../words/place-words.ts';
import { sentence } from '../words/problem-words.ts';
import { socketFix, socketKindWords, socketStatusInWords } from '../words/socket-words.ts';

export interface SocketRowModel {
  readonly name: string;
  readonly kind: string;
  /** `with` the other end, or `at` where it listens. */
  readonly place: string | null;
  readonly app: string;
  readonly status: string;
  readonly detail: string;
  readonly wakes: string;
  readonly lastWake: string | null;
  readonly why: string | null;
  readonly fix: string | null;
}

export function socketRowOf(record: SocketRecord, now: number): SocketRowModel {
  const { id, app, kind, wakes, lastWakeAt, localAddress, remoteAddress, why } = record;
  const place = remoteAddress ?? localAddress;
  return {
    name: plain(id),
    kind: socketKindWords[kind],
    place: place === null ? null : `${remoteAddress === null ? 'at' : 'with'} ${plain(place)}`,
    app,
    ...socketStatusInWords(record, now),
    wakes: wakes === 0 ? 'Never woken' : countInWords(wakes, 'wake'),
    lastWake: lastWakeAt === null ? null : `last ${agoInWords(lastWakeAt, now)}`,
    why: why === null ? null : sentence(plain(why)),
    fix: socketFix(record),
  };
}

/** Every fact of one socket. `task`: the one it starts, `undefined` where it is no longer registered. */
export function socketFactsOf(record: SocketRecord, task: TaskRecord | undefined, now: number): readonly Fact[] {
  const { localAddress, remoteAddress, keepAliveMs, keepAliveAt, contextBytes, holder, restsUntil } = record;
  const facts = [code('Id', plain(record.id), record.id), code('App', record.app)];
  facts.push(
    task === undefined
      ? said('Task', 'no longer registered: nothing can be started for this socket')
      : said('Task', plain(task.name)),
  );
  if (localAddress !== null) facts.push(code('Local address', plain(localAddress)));
  if (remoteAddress !== null) facts.push(code('Peer', plain(remoteAddress)));
  facts.push(said('Since', momentInWords(record.since, now)));
  if (restsUntil !== null) facts.push(said('Next try', momentInWords(restsUntil, now)));
  if (record.lastWakeAt !== null) facts.push(said('Last wake', momentInWords(record.lastWakeAt, now)));
  if (holder !== null)
    facts.push(
      said('Held by', holder.runId === null ? `its app, process ${holder.pid}` : `its task, process ${holder.pid}`),
    );
  facts.push(said('Handed over', record.transfers === 1 ? 'once' : `${record.transfers} times`));
  if (keepAliveMs !== null) {
    const next = keepAliveAt === null ? '' : `, next in ${untilInWords(keepAliveAt, now)}`;
    facts.push(said('Keep-alive', `every ${spanInWords(keepAliveMs)}${next}`));
  }
  if (contextBytes > 0) facts.push(said('Context', bytesInWords(contextBytes)));
  facts.push(said('In standby', record.wake === 'wake' ? 'wakes the machine' : 'does not wake the machine'));
  return facts;
}

/** The newest runs that were started for this socket. `runs` newest first. */
export const runsOfSocket = (record: SocketRecord, runs: readonly RunRecord[], most: number): readonly RunRecord[] =>
  runs.filter(({ app, trigger }) => app === record.app && trigger.socketId === record.id).slice(0, most);
