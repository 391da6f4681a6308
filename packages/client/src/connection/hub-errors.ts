// PURE. What a failed hub invocation means to the caller: an error of the agent with its code, or a broken connection.
import { isErrorCode, LonghaulError } from '@longhaul/agent-protocol/plain';
import { parseHubError } from '@longhaul/hubs/hub-error';

/** The error the agent answered with; `undefined` when there was no answer at all (the connection broke). */
export function answeredError(error: unknown): LonghaulError | undefined {
  if (error instanceof LonghaulError) return error;
  const hubError = parseHubError(error);
  if (!hubError) return undefined;
  const code = isErrorCode(hubError.code) ? hubError.code : 'internal';
  const data = isRecord(hubError.data) ? { data: hubError.data } : {};
  return new LonghaulError(code, hubError.message, { cause: error, ...data });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
