// Errors on their way to a client: ours keep code, message and data; anything else becomes `internal`, its text only logged.
import { LonghaulError } from '@longhaul/agent-protocol';
import { HubError } from '@longhaul/hubs';

export function hubErrorOf(
  error: unknown,
  verb: string,
  log: { error(facts: object, message: string): void },
): HubError {
  if (error instanceof HubError) return error;
  if (error instanceof LonghaulError) {
    return new HubError(error.message, { code: error.code, ...(error.data && { data: error.data }), cause: error });
  }
  log.error({ err: error, verb }, 'a verb failed unexpectedly');
  return new HubError(`${verb} failed inside the agent; its log says why`, { code: 'internal', cause: error });
}
