// The one refusal of everything that is no HTTP/1.1 answer. Pure.
import { LonghaulError } from '@longhaul/agent-protocol';

/** `what` completes "The server's answer is not valid HTTP/1.1: …". It never holds bytes of the answer that could be secret. */
export function invalidAnswer(what: string): LonghaulError {
  return new LonghaulError('web-error', `The server's answer is not valid HTTP/1.1: ${what}.`, {
    data: { webErrorStatus: 'error-http-invalid-server-response' },
  });
}
