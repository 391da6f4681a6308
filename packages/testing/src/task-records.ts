// Complete records of a parked socket, a task and a run for tests, with what matters to the test put over them.
import type { RunDetails, RunRecord, SocketRecord, TaskRecord } from '@longhaul/agent-protocol';

const app = 'com.example.chat';
const taskId = '22222222-2222-4222-8222-222222222222';

export function socketRecord(fields: Partial<SocketRecord> = {}): SocketRecord {
  return Object.freeze({
    app,
    id: 'chat',
    kind: 'stream-socket',
    status: 'parked',
    taskId,
    wake: 'do-not-wake',
    localAddress: '127.0.0.1:41000',
    remoteAddress: '127.0.0.1:7000',
    keepAliveMs: null,
    keepAliveAt: null,
    restsUntil: null,
    contextBytes: 0,
    since: 0,
    transfers: 1,
    wakes: 0,
    lastWakeAt: null,
    holder: null,
    why: null,
    ...fields,
  } satisfies SocketRecord);
}

export function taskRecord(fields: Partial<TaskRecord> = {}): TaskRecord {
  return Object.freeze({
    taskId,
    app,
    name: 'read the chat',
    entryPoint: './background.js#run',
    trigger: { type: 'socket-activity' },
    registeredAt: 0,
    lastRunAt: null,
    completedRuns: 0,
    failedRuns: 0,
    ...fields,
  } satisfies TaskRecord);
}

export function runRecord(fields: Partial<RunRecord> = {}): RunRecord {
  return Object.freeze({
    id: '33333333-3333-4333-8333-333333333333',
    taskId,
    app,
    name: 'read the chat',
    trigger: { type: 'socket-activity', reason: 'socket-activity', socketId: 'chat' },
    status: 'completed',
    attempt: 1,
    queuedAt: 0,
    startedAt: 0,
    endedAt: 0,
    pid: null,
    progress: 0,
    heldUpMs: 0,
    cancellationReason: null,
    error: null,
    ...fields,
  } satisfies RunRecord);
}

export const runDetails = (fields: Partial<RunDetails> = {}): RunDetails =>
  Object.freeze({ ...runRecord(fields), log: fields.log ?? '' });
