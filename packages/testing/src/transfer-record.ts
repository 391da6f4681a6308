// A complete transfer record for tests, with what matters to the test put over it.
import type { TransferRecord } from '@longhaul/agent-protocol';

export function transferRecord(fields: Partial<TransferRecord> = {}): TransferRecord {
  return Object.freeze({
    id: '11111111-1111-4111-8111-111111111111',
    kind: 'download',
    app: 'longhaul',
    status: 'idle',
    reason: null,
    url: 'http://origin.example/film.mp4',
    actualUrl: null,
    file: '/home/me/film.mp4',
    collision: 'fail',
    isStarted: false,
    bytesReceived: 0,
    totalBytesToReceive: 0,
    bytesSent: 0,
    totalBytesToSend: 0,
    bytesPerSecond: 0,
    maxBytesPerSecond: null,
    connections: 0,
    checksum: null,
    statusCode: null,
    isResumable: null,
    hasRestarted: false,
    isLengthVerified: null,
    failedAttempts: 0,
    retryAt: null,
    error: null,
    createdAt: 0,
    startedAt: null,
    finishedAt: null,
    revision: 1,
    ...fields,
  } satisfies TransferRecord);
}
