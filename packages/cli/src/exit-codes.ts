// PURE. Which exit code says how it went (DESIGN "longhaul (CLI)"). The codes of single errors stand in the error table.
import { type ErrorCode, errorTable, isErrorCode, LonghaulError, type TransferRecord } from '@longhaul/agent-protocol';

/** Some of several failed. */
export const someFailed = 5;
export const timedOut = 28;
/** 128 and the number of the signal, as shells write it. */
export const signalExitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
export type WaitSignal = keyof typeof signalExitCodes;

export const exitCodeOf = (error: unknown): number => (error instanceof LonghaulError ? error.facts.exitCode : 1);

/** One thing was asked for: its own code. Several: 0 when all went well, else `someFailed`. */
export function exitCodeOfAll(codes: readonly number[]): number {
  const [only, ...others] = codes;
  if (only !== undefined && others.length === 0) return only;
  return codes.every(code => code === 0) ? 0 : someFailed;
}

/** The error a finished record stands for; `undefined` when it is completed or not at its end. */
export function errorOfRecord(record: TransferRecord): LonghaulError | undefined {
  if (record.status === 'canceled') return new LonghaulError('operation-canceled', `${record.id} was canceled`);
  if (record.status !== 'error') return undefined;
  const known = record.error?.code;
  const code: ErrorCode = isErrorCode(known) ? known : 'internal';
  const data = record.error?.webErrorStatus ? { data: { webErrorStatus: record.error.webErrorStatus } } : {};
  return new LonghaulError(code, record.error?.message ?? `${record.id} failed`, data);
}

/** What is written for programs. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
  /** The id or URL it is about, when several were given. */
  readonly about?: string;
  readonly webErrorStatus?: unknown;
}

export function errorReport(error: unknown, about?: string): ErrorReport {
  const more = about === undefined ? {} : { about };
  if (!(error instanceof LonghaulError)) {
    const message = error instanceof Error ? error.message : String(error);
    return { code: 'internal', message, fix: errorTable.internal.fix, ...more };
  }
  const status = error.data?.webErrorStatus;
  const web = status === undefined || status === null ? {} : { webErrorStatus: status };
  return { code: error.code, message: error.message, fix: error.facts.fix, ...more, ...web };
}
